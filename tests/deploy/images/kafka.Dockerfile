# Apache Kafka as its official image takes it: settings in KAFKA_..., CLUSTER_ID. Context: a folder
# with `jars`, as tests/testing/kafka fetches them, and kafka-start.
ARG BASE
FROM ${BASE}
RUN apt-get update -q && apt-get install --yes --no-install-recommends -q openjdk-17-jre-headless \
  && apt-get clean && rm -rf /var/lib/apt/lists/* \
  && useradd --uid 1000 --user-group --no-create-home appuser \
  && install -d -o appuser -g appuser /var/lib/kafka /var/lib/kafka/data
COPY jars /opt/kafka/libs
COPY kafka-start /usr/bin/kafka-start
USER appuser
ENTRYPOINT ["/usr/bin/kafka-start"]
