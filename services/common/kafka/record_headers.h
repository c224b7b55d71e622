// A message's headers in Kafka: `import` (the id), `row` (decimal), `kind` (`block`, `end` or
// `result`) and, of a block, `records` (how many), as text that any tool shows. What is empty, zero
// or plain data has no header. A quarantined record has those it brings besides.
#pragma once

#include <librdkafka/rdkafka.h>

#include <memory>

#include "common/stream/record_batch.h"

namespace sluice::kafka {

struct MessageHeaders {
  stream::RecordHeaders record;
  // 0 = the message is one record.
  uint64_t block_records = 0;
};

struct HeadersDelete {
  void operator()(rd_kafka_headers_t* headers) const { rd_kafka_headers_destroy(headers); }
};
using Headers = std::unique_ptr<rd_kafka_headers_t, HeadersDelete>;

// Null when there is nothing to say.
Headers EncodeHeaders(const MessageHeaders& headers);

// What a message says. The import's id points into the message. Headers of others are passed over.
MessageHeaders DecodeHeaders(const rd_kafka_message_t& message);

}  // namespace sluice::kafka
