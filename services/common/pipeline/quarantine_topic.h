// The quarantine topic: every row that ends as rejected or review, with key and value of the record
// that the stage read, and the headers by which tools for Kafka Connect's dead letters know where
// it comes from and why (docs/services.md). For programs around Sluice: no stage reads it, so the
// embedded log has none.
#pragma once

#include <cstdint>
#include <string>

#include "common/stream/log.h"
#include "sluice/record/v1/result.pb.h"

namespace sluice::pipeline {

namespace recordpb = ::sluice::record::v1;

struct QuarantineOptions {
  stream::TopicId topic = 0;
  // Name of the topic that the stage reads.
  std::string source;
  // The installation, and the instance of the stage.
  std::string connector;
  std::string task;
};

// Whether rows that end so go there.
inline bool IsQuarantined(recordpb::Outcome outcome) {
  return outcome == recordpb::OUTCOME_REJECTED || outcome == recordpb::OUTCOME_REVIEW;
}

// The record, which ended as `row`.
recordpb::QuarantinedRow QuarantinedRowOf(const stream::Record& record, uint32_t round,
                                          const recordpb::RowResult& row);

// Thread-compatible.
class QuarantineTopic {
 public:
  QuarantineTopic(QuarantineOptions options, recordpb::Stage stage);
  // With all else that the transaction holds, or not at all.
  void Send(stream::Transaction& transaction, uint32_t partition,
            const recordpb::QuarantinedRow& row) const;

 private:
  const QuarantineOptions options_;
  const std::string stage_;
};

}  // namespace sluice::pipeline
