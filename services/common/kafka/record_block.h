// Records in blocks: consecutive data records of one import on one partition are one Kafka message
// (sluice.record.v1.RecordBlock). What brokers and librdkafka do, they do for every message; a
// record on its own cost more there than in the stages (docs/adr/0015-record-blocks.md).
//
// A block is consumed whole or not at all: its records share the message's offset.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "common/kafka/record_headers.h"
#include "common/stream/record_batch.h"

namespace sluice::kafka {

// How many records a message holds at most: what a poll may bring beyond its limit.
inline constexpr size_t kBlockRecordsMax = 500;
// A record that would bring a block beyond it begins another; a larger one is a block of its own
// (plan::CompiledPlan::record_bytes_max keeps it below the brokers' limit).
inline constexpr size_t kBlockBytesMax = 128u << 10;

// A block in the making. Thread-compatible.
class RecordBlock {
 public:
  // Whether a record with as many bytes of key and value may go into it: the block is empty, or is
  // of its import and has room.
  bool Takes(const stream::RecordHeaders& headers, size_t bytes) const {
    return records_ == 0 || (headers.import_id == import_id_ && records_ < kBlockRecordsMax &&
                             bytes_.size() + bytes <= kBlockBytesMax);
  }
  // Copies what it is given.
  void Add(const stream::RecordHeaders& headers, std::string_view key, std::string_view value);
  bool empty() const { return records_ == 0; }
  void Clear();

  MessageHeaders headers() const;
  std::string_view bytes() const { return bytes_; }

 private:
  std::string import_id_;
  std::string bytes_;
  uint64_t records_ = 0;
};

// Appends the records of a block; all get `offset` and `import_id`. They point into `bytes`.
// DataLoss when it is damaged.
absl::Status AppendRecords(std::string_view bytes, uint64_t offset, std::string_view import_id,
                           std::vector<stream::Record>& records);

}  // namespace sluice::kafka
