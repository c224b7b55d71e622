// The moment is one between two steps of all stages: then the log has all that the sinks and
// control's database were made from, and nothing is trimmed before all of them are taken.
#include "cli/node_snapshot.h"

#include <fmt/format.h>

#include <filesystem>

#include "cli/embedded_node.h"
#include "common/base/status.h"
#include "load/open_sink.h"

namespace sluice::cli {
namespace {

// Longer than a sink's database may be waited for.
constexpr absl::Duration kStepTimeout = absl::Seconds(30);
constexpr std::string_view kSqlite = "sqlite:";

NodeSnapshot::Sink SnapshotOf(const SinkAddress& address, bool own) {
  NodeSnapshot::Sink sink;
  sink.record = address.record;
  sink.own = own;
  if (load::IsPostgresUrl(address.open_url)) {
    sink.why_not_taken = "a PostgreSQL database: back it up with its own means (docs/backup.md)";
    return sink;
  }
  sink.path = address.open_url.substr(kSqlite.size());
  auto database = OpenSnapshot(sink.path);
  if (database.ok()) {
    sink.database = *std::move(database);
  } else {
    sink.why_not_taken = base::Message(database.status());
  }
  return sink;
}

}  // namespace

NodeSnapshot::~NodeSnapshot() {
  std::error_code ignored;
  if (!log_directory.empty()) std::filesystem::remove_all(log_directory, ignored);
}

absl::StatusOr<std::unique_ptr<database::SqliteConnection>> OpenSnapshot(const std::string& path) {
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) {
    return absl::NotFoundError(fmt::format("there is no file {}", path));
  }
  database::SqliteOptions options;
  options.path = path;
  options.read_only = true;
  options.cache_bytes = 1 << 20;
  SLUICE_ASSIGN_OR_RETURN(auto database, database::SqliteConnection::Open(options));
  SLUICE_RETURN_IF_ERROR(database->BeginSnapshot());
  return database;
}

absl::StatusOr<std::unique_ptr<NodeSnapshot>> EmbeddedNode::TakeSnapshot() {
  auto snapshot = std::make_unique<NodeSnapshot>();
  snapshot->log_id = log_->id();
  const std::string log_directory = directory_.log_snapshot();
  std::error_code error;
  std::filesystem::remove_all(log_directory, error);
  if (error) return base::ErrnoStatus(error.value(), "cannot remove " + log_directory);
  SLUICE_RETURN_IF_ERROR(gate_.Close(kStepTimeout));
  const absl::Status taken = TakeStores(log_directory, *snapshot);
  gate_.Open();
  SLUICE_RETURN_IF_ERROR(taken);
  return snapshot;
}

absl::Status EmbeddedNode::TakeStores(const std::string& log_directory, NodeSnapshot& snapshot) {
  snapshot.taken_at = clock_.Now();
  // Only control's database is written to now, by those who ask for something. What they bring
  // after this is in no log yet.
  SLUICE_ASSIGN_OR_RETURN(snapshot.control, OpenSnapshot(directory_.control()));
  SLUICE_ASSIGN_OR_RETURN(const auto running, store_->ListRunning());
  snapshot.running_imports = running.size();
  SLUICE_ASSIGN_OR_RETURN(const SinkAddress own, ParseSink("", options_.settings.data_dir));
  SLUICE_ASSIGN_OR_RETURN(const auto sinks, store_->ListSinks());
  for (const control::SinkRecord& record : sinks) {
    SLUICE_ASSIGN_OR_RETURN(const SinkAddress address, AddressOf(record));
    snapshot.sinks.push_back(SnapshotOf(address, record.name == own.record.name));
  }
  snapshot.log_directory = log_directory;
  return log_->CopyTo(log_directory);
}

absl::Status EmbeddedNode::CheckPlans() {
  SLUICE_ASSIGN_OR_RETURN(const auto imports, store_->ListRunning());
  for (const control::ImportRecord& import : imports) {
    SLUICE_ASSIGN_OR_RETURN(const auto plan, catalog_->Find(import.id, 1));
    if (plan != nullptr) continue;
    return absl::FailedPreconditionError(
        fmt::format("the log is older than control.db: it has never heard of import {}. Restore "
                    "both from one backup",
                    import.id));
  }
  return absl::OkStatus();
}

}  // namespace sluice::cli
