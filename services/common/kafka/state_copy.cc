#include "common/kafka/state_copy.h"

#include <fmt/format.h>

#include "common/base/status.h"
#include "common/kafka/state_changelog.h"

namespace sluice::kafka {

absl::StatusOr<std::unique_ptr<StateCopy>> StateCopy::Open(const StateCopyOptions& options,
                                                           const KafkaSettings& settings,
                                                           const std::string& handle,
                                                           const base::Clock& clock,
                                                           KafkaObserver& observer) {
  std::unique_ptr<StateCopy> copy(new StateCopy(options, settings, handle, clock, observer));
  SLUICE_ASSIGN_OR_RETURN(copy->local_, state::LocalState::Open(options.rocks));
  if (copy->local_->was_damaged()) {
    observer.OnMessage(Severity::kWarning, handle,
                       fmt::format("the state in {} was damaged: it is built anew from {}",
                                   options.rocks.path, options.changelog));
  }
  SLUICE_RETURN_IF_ERROR(copy->Connect());
  return copy;
}

absl::Status StateCopy::Connect() {
  SLUICE_ASSIGN_OR_RETURN(auto reading, ReaderConfiguration(settings_, handle_ + ".state"));
  SLUICE_ASSIGN_OR_RETURN(reader_, Client::Create(RD_KAFKA_CONSUMER, std::move(reading), *this,
                                                  settings_.close_timeout));
  SLUICE_ASSIGN_OR_RETURN(
      auto watching, ReaderConfiguration(settings_, handle_ + ".watch", Isolation::kUncommitted));
  SLUICE_ASSIGN_OR_RETURN(watcher_, Client::Create(RD_KAFKA_CONSUMER, std::move(watching), *this,
                                                   settings_.close_timeout));
  return absl::OkStatus();
}

void StateCopy::OnLog(int level, std::string_view text) {
  constexpr int kSyslogWarning = 4;
  if (level > kSyslogWarning) return;
  observer_.OnMessage(Severity::kWarning, handle_, text);
}

state::Checkpoint StateCopy::At(uint64_t changelog_offset, uint64_t input_offset) const {
  return {log_id_, changelog_offset, input_offset, clock_.Now()};
}

absl::StatusOr<bool> StateCopy::Restore(uint32_t partition, uint64_t input_offset,
                                        absl::Duration budget) {
  if (scan_ == nullptr || progress_.partition != partition) {
    SLUICE_RETURN_IF_ERROR(BeginRestore(partition, input_offset));
  }
  auto changes = local_->Changes();
  absl::Status failure;
  const auto visit = [&](uint64_t offset, std::string_view key,
                         std::optional<std::string_view> value) {
    if (!VisitChanges(partition, key, value, [&](const auto& change) { changes.Add(change); })) {
      observer_.OnMessage(Severity::kWarning, handle_,
                          fmt::format("a record of {} [{}] at {} is passed over: it is no block of "
                                      "state changes",
                                      options_.changelog, partition, offset));
    }
    constexpr size_t kWriteBytes = 4u << 20;
    if (changes.bytes() >= kWriteBytes && failure.ok()) failure = Flush(changes, offset + 1);
  };
  SLUICE_ASSIGN_OR_RETURN(const bool done, scan_->Step(budget, visit));
  SLUICE_RETURN_IF_ERROR(failure);
  SLUICE_RETURN_IF_ERROR(Flush(changes, scan_->next_offset()));
  if (!done) return false;
  followed_[partition] = {scan_->next_offset(), clock_.MonotonicNanos()};
  scan_.reset();
  return true;
}

absl::Status StateCopy::BeginRestore(uint32_t partition, uint64_t input_offset) {
  scan_.reset();
  followed_.erase(partition);
  // The end as written, not as committed: the predecessor's last transaction may be committed, and
  // its marker be here a moment later. Records without a marker hold the scan up until it comes.
  SLUICE_ASSIGN_OR_RETURN(const Bounds bounds, QueryBounds(*watcher_, options_.changelog, partition,
                                                           settings_.request_timeout));
  progress_ = {};
  progress_.partition = partition;
  SLUICE_ASSIGN_OR_RETURN(progress_.from, StartOf(partition, input_offset, bounds));
  progress_.at = progress_.from;
  progress_.to = bounds.end;
  restoring_input_ = input_offset;
  SLUICE_ASSIGN_OR_RETURN(scan_, PartitionScan::Begin(*reader_, options_.changelog, partition,
                                                      progress_.from, bounds.end));
  observer_.OnRestore(progress_);
  return absl::OkStatus();
}

absl::StatusOr<uint64_t> StateCopy::StartOf(uint32_t partition, uint64_t input_offset,
                                            const Bounds& bounds) {
  SLUICE_ASSIGN_OR_RETURN(const auto checkpoint, local_->ReadCheckpoint(partition));
  if (checkpoint.has_value() && checkpoint->log_id == log_id_ &&
      clock_.Now() - checkpoint->at <= options_.age_max &&
      checkpoint->changelog_offset >= bounds.start && checkpoint->changelog_offset <= bounds.end &&
      // A view that has seen more of the input than the group has committed is of another past.
      checkpoint->input_offset <= input_offset) {
    return checkpoint->changelog_offset;
  }
  SLUICE_RETURN_IF_ERROR(local_->Wipe(partition));
  progress_.rebuilt = true;
  return bounds.start;
}

absl::Status StateCopy::Flush(state::LocalChanges& changes, uint64_t changelog_offset) {
  // A view in the making has seen none of the input for certain: it says so until it is whole.
  const bool whole = changelog_offset >= progress_.to;
  changes.SetCheckpoint(progress_.partition, At(changelog_offset, whole ? restoring_input_ : 0));
  SLUICE_RETURN_IF_ERROR(local_->Apply(changes));
  changes.Clear();
  progress_.at = changelog_offset;
  observer_.OnRestore(progress_);
  return absl::OkStatus();
}

void StateCopy::EndRestore() {
  scan_.reset();
}

void StateCopy::Checkpoint(uint32_t partition, uint64_t input_offset,
                           state::LocalChanges& changes) {
  Followed& followed = followed_[partition];
  const int64_t now = clock_.MonotonicNanos();
  if (now - followed.asked_at_nanos >= absl::ToInt64Nanoseconds(options_.checkpoint_every)) {
    followed.asked_at_nanos = now;
    // Only this member writes here, and all it has committed before is in the view: whatever the
    // end is now, the view has it. Who gets no answer keeps the checkpoint that holds already.
    const auto bounds =
        QueryBounds(*reader_, options_.changelog, partition, settings_.request_timeout);
    if (bounds.ok()) followed.changelog_offset = bounds->end;
  }
  changes.SetCheckpoint(partition, At(followed.changelog_offset, input_offset));
}

}  // namespace sluice::kafka
