#include "common/embedded/embedded_source.h"

#include <fmt/format.h>

#include "common/base/status.h"
#include "common/embedded/block.h"

namespace sluice::embedded {

absl::Status EmbeddedSource::Poll(const stream::PollLimits& limits, stream::RecordBatch& batch) {
  batch.Clear();
  batch.position = log_.position();
  for (size_t tried = 0; tried < positions_.size(); ++tried) {
    const uint32_t partition = turn_;
    turn_ = (turn_ + 1) % static_cast<uint32_t>(positions_.size());
    SLUICE_RETURN_IF_ERROR(Read(partition, limits, batch));
    if (!batch.records.empty()) return absl::OkStatus();
  }
  return absl::OkStatus();
}

absl::Status EmbeddedSource::Read(uint32_t partition, const stream::PollLimits& limits,
                                  stream::RecordBatch& batch) {
  batch.partition = partition;
  batch.next_offset = positions_[partition];
  size_t bytes = 0;
  while (batch.records.size() < limits.records_max && bytes < limits.bytes_max) {
    SLUICE_ASSIGN_OR_RETURN(auto block, log_.FindBlock({topic_, partition}, batch.next_offset));
    if (block.bytes == nullptr) break;
    if (!ReadBlock(*block.bytes, block.base, batch.next_offset, limits.records_max, batch)) {
      return absl::DataLossError(fmt::format(
          "a block of the log is damaged (partition {}, offset {})", partition, block.base));
    }
    bytes += block.bytes->size();
    batch.buffers.push_back(std::move(block.bytes));
  }
  positions_[partition] = batch.next_offset;
  return absl::OkStatus();
}

absl::Status EmbeddedSource::Seek(uint32_t partition, uint64_t offset) {
  SLUICE_ASSIGN_OR_RETURN(const uint64_t start, log_.Start({topic_, partition}));
  SLUICE_ASSIGN_OR_RETURN(const uint64_t end, log_.End({topic_, partition}));
  if (offset < start || offset > end) {
    return absl::FailedPreconditionError(
        fmt::format("partition {} holds offsets {} to {}, not {}", partition, start, end, offset));
  }
  positions_[partition] = offset;
  return absl::OkStatus();
}

}  // namespace sluice::embedded
