#include "cli/node_backup.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <vector>

#include "cli/backup_text.h"
#include "common/backup/backup_writer.h"
#include "common/base/status.h"

namespace sluice::cli {
namespace {

namespace controlpb = control::controlpb;
namespace fs = std::filesystem;

// Rows of a customer store change here and there: small parts find more of it again.
constexpr uint64_t kDatabasePartBytes = 1u << 20;

struct FoundFile {
  std::string path;
  std::string name;
  uint64_t size_bytes = 0;
};

// Files in a folder, named by their place below it; none where there is no folder.
absl::StatusOr<std::vector<FoundFile>> FilesIn(const std::string& folder,
                                               const std::string& prefix) {
  std::vector<FoundFile> found;
  std::error_code error;
  if (!fs::exists(folder, error)) return found;
  for (auto entry = fs::recursive_directory_iterator(folder, error);
       !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    if (!entry->is_regular_file()) continue;
    const std::string name = entry->path().lexically_relative(folder).string();
    // What is being written.
    if (name.starts_with('.')) continue;
    found.push_back({entry->path().string(), fmt::format("{}/{}", prefix, name),
                     static_cast<uint64_t>(entry->file_size(error))});
  }
  if (error) return base::ErrnoStatus(error.value(), "cannot list " + folder);
  return found;
}

bool IsBelow(const fs::path& path, const fs::path& folder) {
  const auto [end, at] = std::mismatch(folder.begin(), folder.end(), path.begin(), path.end());
  return end == folder.end();
}

absl::Status CheckPlace(const std::string& directory, const std::string& data_dir) {
  std::error_code error;
  const fs::path to = fs::weakly_canonical(directory, error);
  const fs::path from = fs::weakly_canonical(data_dir, error);
  if (!IsBelow(to, from) && !IsBelow(from, to)) return absl::OkStatus();
  return absl::InvalidArgumentError(
      fmt::format("the backup directory {} and the data directory {} lie in each other: name "
                  "another one, best on another disk",
                  directory, data_dir));
}

// Makes one backup.
class NodeBackup {
 public:
  NodeBackup(EmbeddedNode& node, backup::BackupDirectory& directory,
             const OnBackupProgress& on_progress)
      : node_(node), directory_(directory), on_progress_(on_progress) {}

  absl::Status Run(controlpb::Backup& made) {
    SLUICE_ASSIGN_OR_RETURN(auto snapshot, node_.TakeSnapshot());
    const DataDirectory& data = node_.directory();
    SLUICE_ASSIGN_OR_RETURN(auto log, FilesIn(snapshot->log_directory, "log"));
    SLUICE_ASSIGN_OR_RETURN(auto datasets, FilesIn(data.datasets(), "datasets"));
    backup::Manifest manifest;
    manifest.set_id(node_.ids().Next());
    manifest.set_sluice_version(SLUICE_VERSION);
    manifest.set_data_dir(fs::absolute(data.path()).lexically_normal().string());
    manifest.set_log_id(snapshot->log_id);
    manifest.set_running_imports(snapshot->running_imports);
    const absl::Time taken_at = snapshot->taken_at;
    manifest.mutable_taken_at()->set_seconds(absl::ToUnixSeconds(taken_at));
    manifest.mutable_taken_at()->set_nanos(
        static_cast<int32_t>(absl::ToUnixMillis(taken_at) % 1000 * 1'000'000));
    backup::BackupWriter writer(directory_, std::move(manifest),
                                [this](uint64_t bytes) { return Progressed(bytes); });
    SLUICE_RETURN_IF_ERROR(Plan(*snapshot, {log, datasets}));
    for (NodeSnapshot::Sink& sink : snapshot->sinks) {
      SLUICE_RETURN_IF_ERROR(AddSink(sink, writer));
    }
    SLUICE_RETURN_IF_ERROR(AddDatabase(snapshot->control, "control.db", writer));
    SLUICE_RETURN_IF_ERROR(AddAll(log, writer));
    // What the log and the others do not need any more takes no room meanwhile.
    snapshot.reset();
    SLUICE_RETURN_IF_ERROR(AddAll(datasets, writer));
    SLUICE_RETURN_IF_ERROR(AddUploads(writer));
    SLUICE_RETURN_IF_ERROR(writer.Finish());
    made = DescribeBackup(directory_.path(), writer.manifest());
    return absl::OkStatus();
  }

 private:
  absl::Status Progressed(uint64_t bytes) {
    progress_.set_bytes_done(progress_.bytes_done() + bytes);
    return on_progress_(progress_);
  }

  // How much there is to do. A database is copied, and then read again.
  absl::Status Plan(const NodeSnapshot& snapshot,
                    const std::vector<std::vector<FoundFile>>& others) {
    uint64_t total = 0;
    std::vector<database::SqliteConnection*> databases = {snapshot.control.get()};
    for (const NodeSnapshot::Sink& sink : snapshot.sinks) databases.push_back(sink.database.get());
    for (database::SqliteConnection* const database : databases) {
      if (database == nullptr) continue;
      SLUICE_ASSIGN_OR_RETURN(const auto pages, database->QueryInt("PRAGMA page_count"));
      SLUICE_ASSIGN_OR_RETURN(const auto size, database->QueryInt("PRAGMA page_size"));
      total += 2 * static_cast<uint64_t>(pages.value_or(0) * size.value_or(0));
    }
    SLUICE_ASSIGN_OR_RETURN(const auto uploads, FilesIn(node_.directory().uploads(), "uploads"));
    for (const FoundFile& file : uploads) total += file.size_bytes;
    for (const auto& files : others) {
      for (const FoundFile& file : files) total += file.size_bytes;
    }
    progress_.set_bytes_total(total);
    return absl::OkStatus();
  }

  absl::Status AddSink(NodeSnapshot::Sink& sink, backup::BackupWriter& writer) {
    auto& added = *writer.manifest().add_sinks();
    added.set_name(sink.record.name);
    added.set_url(sink.record.url);
    added.set_why_not_taken(sink.why_not_taken);
    if (sink.database == nullptr) return absl::OkStatus();
    const std::string name = sink.own ? "sink.db" : sink.path;
    added.set_path(name);
    return AddDatabase(sink.database, name, writer);
  }

  // As one file that nobody writes to, which is gone when its parts are stored.
  absl::Status AddDatabase(std::unique_ptr<database::SqliteConnection>& snapshot,
                           const std::string& name, backup::BackupWriter& writer) {
    const std::string copy = directory_.ScratchFile();
    std::error_code ignored;
    fs::remove(copy, ignored);
    absl::Status status =
        snapshot->CopyTo(copy, [this](uint64_t bytes) { return Progressed(bytes); });
    // Its write-ahead log may be emptied again.
    snapshot.reset();
    if (status.ok()) status = writer.AddFile(copy, name, kDatabasePartBytes);
    fs::remove(copy, ignored);
    return status;
  }

  static absl::Status AddAll(const std::vector<FoundFile>& files, backup::BackupWriter& writer) {
    for (const FoundFile& file : files) {
      SLUICE_RETURN_IF_ERROR(writer.AddFile(file.path, file.name));
    }
    return absl::OkStatus();
  }

  // Last: an import that was taken has its upload by then.
  absl::Status AddUploads(backup::BackupWriter& writer) {
    SLUICE_ASSIGN_OR_RETURN(const auto uploads, FilesIn(node_.directory().uploads(), "uploads"));
    for (const FoundFile& file : uploads) {
      SLUICE_RETURN_IF_ERROR(writer.AddNamedFile(file.path, file.name, file.size_bytes));
    }
    return absl::OkStatus();
  }

  EmbeddedNode& node_;
  backup::BackupDirectory& directory_;
  const OnBackupProgress& on_progress_;
  controlpb::BackupProgress progress_;
};

}  // namespace

std::string DefaultBackupDirectory(const config::Settings& settings) {
  const std::string& said = settings.backup.dir;
  fs::path path = fs::absolute(said.empty() ? settings.data_dir : said).lexically_normal();
  // A name that ends with a slash has none in its last step.
  if (!path.has_filename()) path = path.parent_path();
  return said.empty() ? path.string() + ".backup" : path.string();
}

absl::StatusOr<controlpb::Backup> MakeBackup(EmbeddedNode& node,
                                             const controlpb::CreateBackupRequest& request,
                                             const base::Clock& clock,
                                             const OnBackupProgress& on_progress) {
  const int64_t begin = clock.MonotonicNanos();
  SLUICE_RETURN_IF_ERROR(CheckPlace(request.directory(), node.directory().path()));
  SLUICE_ASSIGN_OR_RETURN(const auto directory,
                          backup::BackupDirectory::OpenToWrite(request.directory()));
  controlpb::Backup made;
  SLUICE_RETURN_IF_ERROR(NodeBackup(node, *directory, on_progress).Run(made));
  if (request.keep() > 0) {
    SLUICE_ASSIGN_OR_RETURN(const uint64_t removed, directory->KeepNewest(request.keep()));
    made.set_removed(removed);
  }
  made.set_seconds(static_cast<double>(clock.MonotonicNanos() - begin) / 1e9);
  return made;
}

}  // namespace sluice::cli
