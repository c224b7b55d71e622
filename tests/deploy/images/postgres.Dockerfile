# PostgreSQL as its official image takes it: POSTGRES_DB, POSTGRES_PASSWORD, *.sql of
# /docker-entrypoint-initdb.d. Context: this folder.
ARG BASE
FROM ${BASE}
RUN apt-get update -q && apt-get install --yes --no-install-recommends -q postgresql-15 \
  && apt-get clean && rm -rf /var/lib/apt/lists/* /var/lib/postgresql/15 \
  && install -d -o postgres -g postgres -m 0700 /var/lib/postgresql/data
ENV PATH=/usr/lib/postgresql/15/bin:/usr/bin:/bin PGDATA=/var/lib/postgresql/data LANG=C.UTF-8
COPY postgres-start /usr/bin/postgres-start
USER postgres
ENTRYPOINT ["/usr/bin/postgres-start"]
