// A record's headers in Kafka: `import` (the id), `row` (decimal) and `kind` (`end` or `result`),
// as text that any tool shows. What is empty, zero or plain data has no header.
#pragma once

#include <librdkafka/rdkafka.h>

#include <memory>

#include "common/stream/record_batch.h"

namespace sluice::kafka {

struct HeadersDelete {
  void operator()(rd_kafka_headers_t* headers) const { rd_kafka_headers_destroy(headers); }
};
using Headers = std::unique_ptr<rd_kafka_headers_t, HeadersDelete>;

// Null when there is nothing to say.
Headers EncodeHeaders(const stream::RecordHeaders& headers);

// What a message says. The import's id points into the message. Headers of others are passed over.
stream::RecordHeaders DecodeHeaders(const rd_kafka_message_t& message);

}  // namespace sluice::kafka
