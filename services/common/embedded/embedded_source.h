// Reader of one topic of the embedded log.
#pragma once

#include <vector>

#include "common/embedded/embedded_log.h"
#include "common/stream/log.h"

namespace sluice::embedded {

// Thread-compatible. The log outlives it.
class EmbeddedSource : public stream::RecordSource {
 public:
  EmbeddedSource(EmbeddedLog& log, stream::TopicId topic, std::vector<uint64_t> positions)
      : log_(log), topic_(topic), positions_(std::move(positions)) {
    for (uint32_t p = 0; p < positions_.size(); ++p) assignment_.partitions.push_back(p);
  }

  absl::Status Poll(const stream::PollLimits& limits, stream::RecordBatch& batch) override;
  absl::Status Attend() override { return absl::OkStatus(); }
  const stream::Assignment& assignment() const override { return assignment_; }
  absl::Status Seek(uint32_t partition, uint64_t offset) override;
  uint64_t Position(uint32_t partition) const override { return positions_[partition]; }

 private:
  absl::Status Read(uint32_t partition, const stream::PollLimits& limits,
                    stream::RecordBatch& batch);

  EmbeddedLog& log_;
  const stream::TopicId topic_;
  // All partitions, always.
  stream::Assignment assignment_;
  std::vector<uint64_t> positions_;
  // The partition whose turn is next.
  uint32_t turn_ = 0;
};

}  // namespace sluice::embedded
