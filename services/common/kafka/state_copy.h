// The state of a stage over Kafka: a changelog topic is the truth, a RocksDB the local view of it.
// Before a partition is read, its view is brought up to the changelog's end.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "common/base/clock.h"
#include "common/kafka/client.h"
#include "common/kafka/kafka_observer.h"
#include "common/kafka/kafka_settings.h"
#include "common/kafka/partition_scan.h"
#include "common/state/local_state.h"

namespace sluice::kafka {

struct StateCopyOptions {
  // Names of topics: the state is of what was read from the input, and partition n of the changelog
  // belongs to partition n of the input.
  std::string input;
  std::string changelog;
  state::RocksOptions rocks;
  // A view that has not seen the changelog for as long may have missed a deletion that compaction
  // has removed since: it is built anew. At most half of the topic's delete.retention.ms.
  absl::Duration age_max = absl::Hours(12);
  // How often the view's checkpoint follows the changelog.
  absl::Duration checkpoint_every = absl::Seconds(5);
};

// Thread-compatible, but for reader(). What is passed by reference outlives it.
class StateCopy : private ClientEvents {
 public:
  static absl::StatusOr<std::unique_ptr<StateCopy>> Open(const StateCopyOptions& options,
                                                         const KafkaSettings& settings,
                                                         const std::string& handle,
                                                         const base::Clock& clock,
                                                         KafkaObserver& observer);

  const stream::StateReader& reader() const { return local_->reader(); }
  uint64_t SizeBytes() const { return local_->SizeBytes(); }
  const std::string& input() const { return options_.input; }
  const std::string& changelog() const { return options_.changelog; }
  state::LocalChanges Changes() { return local_->Changes(); }
  void SetLogId(const std::string& log_id) { log_id_ = log_id; }

  // Works for at most `budget` on bringing a partition's view up to the end the changelog has at
  // the first call; true when it is there. `input_offset` is where the group has committed, read
  // before the first call.
  absl::StatusOr<bool> Restore(uint32_t partition, uint64_t input_offset, absl::Duration budget);
  // No partition is being restored any more.
  void EndRestore();

  // Adds the checkpoint that holds after a commit that consumed up to `input_offset`.
  void Checkpoint(uint32_t partition, uint64_t input_offset, state::LocalChanges& changes);
  // After the changelog's commit. On error the view is behind, and must be restored.
  absl::Status Apply(state::LocalChanges& changes) { return local_->Apply(changes); }

 private:
  StateCopy(const StateCopyOptions& options, const KafkaSettings& settings,
            const std::string& handle, const base::Clock& clock, KafkaObserver& observer)
      : options_(options),
        settings_(settings),
        handle_(handle),
        clock_(clock),
        observer_(observer) {}
  void OnLog(int level, std::string_view text) override;
  absl::Status Connect();
  absl::Status BeginRestore(uint32_t partition, uint64_t input_offset);
  // Where the replay has to begin. Wipes a view that cannot be trusted.
  absl::StatusOr<uint64_t> StartOf(uint32_t partition, uint64_t input_offset, const Bounds& bounds);
  absl::Status Flush(state::LocalChanges& changes, uint64_t changelog_offset);
  state::Checkpoint At(uint64_t changelog_offset, uint64_t input_offset) const;

  const StateCopyOptions options_;
  const KafkaSettings settings_;
  const std::string handle_;
  const base::Clock& clock_;
  KafkaObserver& observer_;
  std::string log_id_;
  std::unique_ptr<state::LocalState> local_;
  std::unique_ptr<Client> reader_;
  // Sees where the changelog ends when transactions are still open or being settled.
  std::unique_ptr<Client> watcher_;
  std::unique_ptr<PartitionScan> scan_;
  RestoreProgress progress_;
  uint64_t restoring_input_ = 0;
  // What is known of a partition that is up to date.
  struct Followed {
    uint64_t changelog_offset = 0;
    int64_t asked_at_nanos = 0;
  };
  std::map<uint32_t, Followed> followed_;
};

}  // namespace sluice::kafka
