// ControlTransaction over an SQLite connection.
#pragma once

#include <string>

#include "common/database/sqlite.h"
#include "control/control_transaction.h"

namespace sluice::control {

// The columns ReadImportRow takes, in its order.
inline constexpr const char* kSqliteImportColumns =
    "id, sequence, path, plan_hash, plan, state, version, created_at, ended_at, "
    "cast(seconds * 1000 AS INTEGER), error, undo, rounds";
// The same of a file of any version.
absl::StatusOr<std::string> SqliteImportColumns(database::SqliteConnection& connection);
// Of the current row, without counts. DataLoss when the plan is damaged.
absl::StatusOr<ImportRecord> ReadImportRow(const database::SqliteStatement& row);

// Stored counts of an import's stages and partitions.
absl::StatusOr<std::vector<recordpb::StageResult>> ReadStoredParts(
    database::SqliteConnection& connection, std::string_view id);

// The connection is in a transaction, which keeps all others from writing. `now` is when an import
// ends, as text.
class SqliteControlTransaction : public ControlTransaction {
 public:
  SqliteControlTransaction(database::SqliteConnection& connection, std::string now)
      : connection_(connection), now_(std::move(now)) {}

  const std::string& now() const override { return now_; }
  absl::StatusOr<std::optional<ImportRecord>> LockImport(std::string_view id) override;
  absl::StatusOr<std::vector<recordpb::StageResult>> ReadParts(std::string_view id) override;
  absl::Status WritePart(std::string_view id, const recordpb::StageResult& part) override;
  absl::Status WriteFinished(std::string_view id, int64_t finished) override;
  absl::Status AddResult(std::string_view id, const recordpb::StageResult& result) override;
  absl::Status SetState(std::string_view id, controlpb::ImportState state,
                        uint64_t version) override;
  absl::Status EndImport(std::string_view id, controlpb::ImportState state,
                         std::string_view error) override;
  absl::Status WriteUndo(std::string_view id, const controlpb::ImportUndo& undo,
                         controlpb::ImportState state, uint64_t version,
                         const std::optional<std::string>& ended_at) override;
  absl::Status WriteRounds(std::string_view id, const controlpb::ImportRounds& rounds,
                           controlpb::ImportState state, uint64_t version) override;
  absl::Status AddReadLease(std::string_view id) override;
  absl::Status AddToOutbox(std::string_view key, const controlpb::ImportEvent& event) override;
  absl::StatusOr<bool> MoveOffset(uint32_t partition, uint64_t from, uint64_t to) override;
  absl::StatusOr<std::vector<ImportRecord>> LockRunning() override;
  absl::StatusOr<uint64_t> LastSequence() override;
  absl::Status AddImport(const ImportRecord& import) override;
  absl::StatusOr<PastImports> ReadPast(std::string_view ended_before) override;
  absl::StatusOr<controlpb::JournalWindow> ReadWindow() override;
  absl::Status WriteWindow(const controlpb::JournalWindow& window) override;

 private:
  database::SqliteConnection& connection_;
  const std::string now_;
};

}  // namespace sluice::control
