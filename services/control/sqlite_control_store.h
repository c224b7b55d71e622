// Control's database in SQLite.
#pragma once

#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "common/base/clock.h"
#include "common/base/mutex.h"
#include "common/base/status.h"
#include "common/base/ulid.h"
#include "common/database/sqlite.h"
#include "control/control_store.h"
#include "control/lease_table.h"
#include "control/sqlite_control_transaction.h"

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
  absl::StatusOr<CreatedImport> CreateImport(const NewImport& wanted,
                                             const Admission& admit) override;
  absl::StatusOr<ImportRecord> GetImport(std::string_view id) override;
  absl::StatusOr<std::vector<ImportRecord>> ReadImports(const ImportQuery& query) override;
  absl::StatusOr<std::string> ResolveId(std::string_view given) override;
  absl::StatusOr<ImportRecord> ChangeState(const std::string& id, Wish wish) override;
  absl::StatusOr<ImportRecord> BeginRollback(const std::string& id, const UndoWish& wish) override;
  absl::StatusOr<ImportRecord> BeginRedo(const std::string& id, const std::string& new_id) override;
  absl::StatusOr<ImportRecord> BeginRound(const std::string& id, uint32_t number,
                                          const controlpb::ImportRound& round) override;
  absl::StatusOr<controlpb::JournalWindow> ReadWindow() override;
  absl::StatusOr<bool> MoveWindow(const std::string& since) override;
  absl::Status AddSeconds(std::string_view id, double seconds) override;
  absl::StatusOr<uint64_t> ResultsOffset(uint32_t partition) override;
  absl::StatusOr<AppliedResults> ApplyResults(
      const std::vector<PartitionResults>& batches) override;
  absl::StatusOr<std::vector<OutboxMessage>> ReadOutbox() override;
  absl::Status DropOutbox(const std::vector<OutboxMessage>& published) override;
  absl::StatusOr<OutboxTurn> TakeOutbox(std::string_view publisher, absl::Duration lease) override;
  absl::StatusOr<controlpb::RenewLeasesResponse> RenewLeases(
      const controlpb::RenewLeasesRequest& request, absl::Duration lease) override;
  absl::Status ReleaseLeases(const controlpb::ReleaseLeasesRequest& request) override;
  absl::StatusOr<std::vector<StoredResult>> ReadResults(std::string_view id, int64_t after,
                                                        int64_t limit) override;
  absl::StatusOr<controlpb::Profile> SaveProfile(const controlpb::Profile& profile) override;
  absl::StatusOr<std::vector<controlpb::Profile>> ReadProfiles(std::string_view name) override;
  absl::Status DeleteProfile(std::string_view name) override;

 private:
  SqliteControlStore(std::unique_ptr<database::SqliteConnection> connection,
                     const base::Clock& clock)
      : connection_(std::move(connection)), clock_(clock) {}
  // Makes what is missing and brings what is old up to date.
  absl::Status OpenSchema(base::Random& random) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::StatusOr<std::vector<ImportRecord>> Select(std::string_view where, std::string_view value)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Imports of a statement that selects them, with their counts.
  absl::StatusOr<std::vector<ImportRecord>> ReadAll(database::SqliteStatement& rows)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Runs `body` in a transaction; rolls back after an error.
  template <typename Body>
  absl::Status InTransaction(Body body) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    SLUICE_RETURN_IF_ERROR(connection_->Begin());
    absl::Status status = body();
    if (status.ok()) status = connection_->Commit();
    if (!status.ok()) connection_->Rollback();
    return status;
  }
  // Draws the version and stores it.
  absl::Status InsertProfile(controlpb::Profile& saved) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::StatusOr<std::vector<LeaseRow>> ReadLeases(int64_t now_millis)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status WriteLease(std::string_view name, std::string_view holder, int64_t until_millis)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  base::Mutex mutex_;
  const std::unique_ptr<database::SqliteConnection> connection_;
  const base::Clock& clock_;
  // Of imports, as ReadImportRow takes them; of a file that only is looked at, which may be of an
  // older version.
  std::string import_columns_ = kSqliteImportColumns;
};

}  // namespace sluice::control
