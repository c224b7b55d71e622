// Control's database in PostgreSQL, which several controls share.
//
// It connects when it is first asked, and again after a loss: while the server is away every call
// is Unavailable, and the same call is right later. What must not be done twice at once (creating
// an import, leasing, counting one import) waits for advisory and row locks, which end with the
// transaction or with who holds them.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "common/base/clock.h"
#include "common/base/mutex.h"
#include "common/base/status.h"
#include "common/base/ulid.h"
#include "common/database/postgres.h"
#include "control/control_store.h"
#include "control/control_transaction.h"

namespace sluice::control {

struct PostgresControlOptions {
  database::PostgresOptions connection;
  // Connection string of the role that makes and upgrades the tables; empty = `connection`.
  std::string owner;
};

// Thread-safe: one connection under a lock. What is passed by reference outlives it.
class PostgresControlStore : public ControlStore {
 public:
  PostgresControlStore(PostgresControlOptions options, const base::Clock& clock,
                       base::Random& random);
  ~PostgresControlStore() override;

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
  using TransactionBody = std::function<absl::Status(ControlTransaction&)>;
  absl::Status Change(const TransactionBody& body);
  // Connected, with the schema of this program.
  absl::Status Ready() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status OpenSchema() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Runs `body` in a transaction; rolls back after an error.
  template <typename Body>
  absl::Status InTransaction(Body body) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    SLUICE_RETURN_IF_ERROR(Ready());
    SLUICE_RETURN_IF_ERROR(connection_->Begin());
    absl::Status status = body();
    if (status.ok()) status = connection_->Commit();
    if (!status.ok()) connection_->Rollback();
    return status;
  }
  // One statement; asked again on a new connection when the old one was lost. For those that may
  // run twice.
  absl::StatusOr<database::PostgresRows> Ask(std::string_view sql,
                                             const database::PostgresParameters& parameters)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::StatusOr<std::vector<ImportRecord>> Select(std::string_view where, std::string_view value)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Imports of an answer that selects them, with their counts.
  absl::StatusOr<std::vector<ImportRecord>> ReadAll(const database::PostgresRows& rows)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const PostgresControlOptions options_;
  const base::Clock& clock_;
  base::Random& random_;
  base::Mutex mutex_;
  std::unique_ptr<database::PostgresConnection> connection_ ABSL_GUARDED_BY(mutex_);
  bool schema_open_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace sluice::control
