// Records on their way through a log.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::stream {

// A topic opened in a log; only that log knows its meaning.
using TopicId = uint32_t;

struct TopicPartition {
  TopicId topic = 0;
  uint32_t partition = 0;
  friend bool operator==(const TopicPartition&, const TopicPartition&) = default;
};

enum class RecordKind : uint8_t { kData = 0, kEndOfImport = 1, kResult = 2, kQuarantined = 3 };

struct NamedHeader {
  std::string_view name;
  std::string_view value;
};

// Never holds a value of the customer.
struct RecordHeaders {
  RecordKind kind = RecordKind::kData;
  std::string_view import_id;
  uint64_t row = 0;
  // What else a quarantined record says (pipeline/quarantine_topic.h): for other programs, none of
  // it is read here.
  std::span<const NamedHeader> named;
};

struct Record {
  uint64_t offset = 0;
  RecordHeaders headers;
  // 16 bytes or empty.
  std::string_view key;
  std::string_view value;
};

// How far a log had come at a moment. Comparable within one log.
using LogPosition = uint64_t;

// Consecutive records of one partition. Owns the bytes that its records point into.
struct RecordBatch {
  uint32_t partition = 0;
  std::vector<Record> records;
  // Where the reader goes on. Not the last offset + 1 on every log.
  uint64_t next_offset = 0;
  // The log was at least here when the records were read: what must be durable before anything
  // made from them leaves the log.
  LogPosition position = 0;
  std::vector<std::shared_ptr<const std::string>> buffers;

  void Clear() {
    records.clear();
    buffers.clear();
  }
};

}  // namespace sluice::stream
