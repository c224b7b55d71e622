// The log as stages see it: three small interfaces (source, transaction, offsets) and the log that
// makes them. The embedded log and Apache Kafka implement them; one contract suite holds both to
// this text (tests/contract/log_contract.h).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/stream/record_batch.h"
#include "common/stream/state_change.h"

namespace sluice::stream {

// A log that keeps records in blocks may exceed them by one block.
struct PollLimits {
  size_t records_max = 10000;
  size_t bytes_max = 8u << 20;
};

// The partitions that a source reads, until they change.
struct Assignment {
  // Grows with every change, also when the same partitions have to be read again from where the
  // group has committed.
  uint64_t generation = 0;
  // Ascending.
  std::vector<uint32_t> partitions;
};

// Reads one topic for one group, whose sources share the partitions. Thread-compatible.
class RecordSource {
 public:
  virtual ~RecordSource() = default;
  // Fills `batch` with the next records of one of the assigned partitions, taking turns among
  // them; an empty batch when there is none now, and when the assignment has just changed. Only
  // committed records are seen. Never waits for records.
  virtual absl::Status Poll(const PollLimits& limits, RecordBatch& batch) = 0;
  // Does all that Poll does but read. To be called in its place while a batch is kept, at least
  // every few minutes: who stays away longer loses its partitions.
  virtual absl::Status Attend() = 0;
  // Changes only in Poll and Attend. With its generation all that was polled before is void: it
  // must be dropped, not committed, for it comes again here or to another source.
  virtual const Assignment& assignment() const = 0;
  // Goes on at `offset` of an assigned partition. FailedPrecondition when the log no longer or not
  // yet has it.
  virtual absl::Status Seek(uint32_t partition, uint64_t offset) = 0;
  // Where the next Poll of this partition goes on.
  virtual uint64_t Position(uint32_t partition) const = 0;
};

// Everything a batch leads to, written whole or not at all. Thread-compatible; used once.
// What is passed in is copied. Dropped without Commit, none of it happens.
class Transaction {
 public:
  virtual ~Transaction() = default;
  virtual void Append(TopicPartition to, const RecordHeaders& headers, std::string_view key,
                      std::string_view value) = 0;
  // A record of a compacted topic: replaces the one with the same key. An empty value removes it.
  virtual void Upsert(TopicPartition to, std::string_view key, std::string_view value) = 0;
  // The group has consumed the partition up to, not including, `next_offset`. The partition is
  // assigned to a source of this log handle.
  virtual void Consumed(std::string_view group, TopicPartition of, uint64_t next_offset) = 0;
  virtual void Change(const StateChange& change) = 0;
  // After OK all of it is visible to readers, at once or within moments. The position is durable
  // once Log::WaitDurable(position) says so. After an error none of it is visible, or the error is
  // Unknown: then the next Poll or Attend of the handle's sources brings a new generation, and who
  // has no source must open what it does anew.
  virtual absl::StatusOr<LogPosition> Commit() = 0;
};

// What a log knows of a partition. Thread-safe.
class Offsets {
 public:
  virtual ~Offsets() = default;
  virtual absl::StatusOr<uint64_t> Start(TopicPartition of) = 0;
  virtual absl::StatusOr<uint64_t> End(TopicPartition of) = 0;
  // Where the group goes on; nothing when it never committed.
  virtual absl::StatusOr<std::optional<uint64_t>> Committed(std::string_view group,
                                                            TopicPartition of) = 0;
};

// A handle of the log. Every runner has its own: it has one transaction open at a time, and its
// sources belong to the thread that calls Begin. The rest is thread-safe. (The embedded log is one
// object for all.) Outlives what it makes.
class Log {
 public:
  virtual ~Log() = default;
  // Made at creation, stored by every fence: a fence of another log is noticed.
  virtual std::string_view id() const = 0;
  virtual uint32_t partitions() const = 0;
  // FailedPrecondition when the log does not create topics and has none of this name, or it has
  // another number of partitions.
  virtual absl::StatusOr<TopicId> OpenTopic(std::string_view name) = 0;
  // Reads from where the group has committed, else from the start. Its partitions may be assigned
  // later, in Poll or Attend.
  virtual absl::StatusOr<std::unique_ptr<RecordSource>> OpenSource(std::string_view group,
                                                                   TopicId topic) = 0;
  virtual std::unique_ptr<Transaction> Begin() = 0;
  virtual Offsets& offsets() = 0;
  // Calls `visit` with the current records of a compacted topic's partition at or above
  // `from_offset`, in offset order, and returns the offset behind the last.
  using TableVisitor = std::function<void(std::string_view key, std::string_view value)>;
  virtual absl::StatusOr<uint64_t> ReadTable(TopicPartition of, uint64_t from_offset,
                                             const TableVisitor& visit) = 0;
  // Everything written so far.
  virtual LogPosition position() const = 0;
  // Starts making everything up to `position` durable, without waiting.
  virtual void RequestDurable(LogPosition position) = 0;
  virtual absl::Status WaitDurable(LogPosition position) = 0;
  // Waits until something was written after `seen`, or the time is over; returns what to pass as
  // `seen` next time.
  virtual uint64_t WaitForWrite(uint64_t seen, absl::Duration timeout) = 0;
};

}  // namespace sluice::stream
