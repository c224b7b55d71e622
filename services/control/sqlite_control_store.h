// Control's database in SQLite.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "common/base/clock.h"
#include "common/base/mutex.h"
#include "common/base/ulid.h"
#include "common/database/sqlite.h"
#include "control/control_store.h"
#include "control/round_tally.h"

namespace sluice::control {

// Thread-safe: one connection under a lock.
class SqliteControlStore : public ControlStore {
 public:
  // Read-only opening is for looking while another process works; nothing is created then, and
  // NotFound says that there are no tables yet.
  static absl::StatusOr<std::unique_ptr<SqliteControlStore>> Open(
      const database::SqliteOptions& options, const base::Clock& clock, base::Random& random);

  absl::StatusOr<Installation> GetInstallation() override;
  absl::Status BindLog(std::string_view log_id) override;
  absl::Status AddSink(const SinkRecord& sink) override;
  absl::StatusOr<std::vector<SinkRecord>> ListSinks() override;
  absl::StatusOr<ImportRecord> CreateImport(const std::string& id, const std::string& path,
                                            const std::string& plan_hash,
                                            const planpb::Plan& plan) override;
  absl::StatusOr<ImportRecord> GetImport(std::string_view id) override;
  absl::StatusOr<std::vector<ImportRecord>> ListImports() override;
  absl::StatusOr<std::string> ResolveId(std::string_view given) override;
  absl::StatusOr<ImportRecord> ChangeState(const std::string& id, Wish wish) override;
  absl::Status AddSeconds(std::string_view id, double seconds) override;
  absl::StatusOr<uint64_t> ResultsOffset(uint32_t partition) override;
  absl::StatusOr<AppliedResults> ApplyResults(
      const std::vector<PartitionResults>& batches) override;
  absl::StatusOr<std::vector<OutboxMessage>> ReadOutbox() override;
  absl::Status DropOutbox(int64_t up_to_id) override;
  absl::Status VisitResults(std::string_view id, const ResultVisitor& visit) override;

 private:
  // Counts of a running import, kept between batches.
  struct Running {
    explicit Running(uint32_t partitions) : tally(partitions) {}
    RoundTally tally;
    bool complete = false;
    std::map<std::string, int64_t> stored_issues;
  };

  SqliteControlStore(std::unique_ptr<database::SqliteConnection> connection,
                     const base::Clock& clock)
      : connection_(std::move(connection)), clock_(clock) {}
  absl::Status CreateTables(base::Random& random) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::StatusOr<std::vector<ImportRecord>> Select(std::string_view where, std::string_view value)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::StatusOr<ImportRecord> ChangeInTransaction(const std::string& id, Wish wish)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::StatusOr<Running*> RunningOf(const std::string& id) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status LoadTally(const std::string& id, Running& running)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::StatusOr<AppliedResults> ApplyInTransaction(const std::vector<PartitionResults>& batches)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status StoreParts(const std::vector<PartitionResults>& batches, AppliedResults& applied)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status EndComplete(AppliedResults& applied) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status ApplyResult(const recordpb::StageResult& result)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status StoreRows(const recordpb::StageResult& result, Running& running)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status EndImport(const std::string& id, controlpb::ImportState state,
                         std::string_view error) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status PutStatus(const std::string& id, controlpb::ImportState state, uint64_t version)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status PutOutbox(std::string_view key, const controlpb::ImportEvent& event)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  base::Mutex mutex_;
  const std::unique_ptr<database::SqliteConnection> connection_;
  const base::Clock& clock_;
  std::map<std::string, Running> running_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace sluice::control
