// A log that syncs only for those who wait: what was merely requested is still unsynced when the
// power fails. The harshest log the interface allows.
#pragma once

#include <memory>

#include "common/stream/log.h"

namespace sluice::testing {

// Thread-safe as the log it stands on, which outlives it.
class ReluctantLog : public stream::Log {
 public:
  explicit ReluctantLog(stream::Log& log) : log_(log) {}

  std::string_view id() const override { return log_.id(); }
  uint32_t partitions() const override { return log_.partitions(); }
  absl::StatusOr<stream::TopicId> OpenTopic(std::string_view name) override {
    return log_.OpenTopic(name);
  }
  absl::StatusOr<std::unique_ptr<stream::RecordSource>> OpenSource(std::string_view group,
                                                                   stream::TopicId topic) override {
    return log_.OpenSource(group, topic);
  }
  std::unique_ptr<stream::Transaction> Begin() override { return log_.Begin(); }
  stream::Offsets& offsets() override { return log_.offsets(); }
  absl::StatusOr<uint64_t> ReadTable(stream::TopicPartition of, uint64_t from_offset,
                                     const TableVisitor& visit) override {
    return log_.ReadTable(of, from_offset, visit);
  }
  stream::LogPosition position() const override { return log_.position(); }
  void RequestDurable(stream::LogPosition) override {}
  absl::Status WaitDurable(stream::LogPosition position) override {
    return log_.WaitDurable(position);
  }
  uint64_t WaitForWrite(uint64_t seen, absl::Duration timeout) override {
    return log_.WaitForWrite(seen, timeout);
  }

 private:
  stream::Log& log_;
};

}  // namespace sluice::testing
