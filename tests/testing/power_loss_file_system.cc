#include "tests/testing/power_loss_file_system.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

namespace sluice::testing {
namespace {

using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

IOStatus NoPower() {
  return IOStatus::IOError("the power is off");
}

std::optional<std::string> BytesOf(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return std::nullopt;
  return std::string(std::istreambuf_iterator<char>(in), {});
}

class TrackedFile : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  TrackedFile(std::unique_ptr<rocksdb::FSWritableFile> file, std::string path,
              std::shared_ptr<UnsyncedFiles> files)
      : FSWritableFileOwnerWrapper(std::move(file)),
        path_(std::move(path)),
        files_(std::move(files)) {}

  IOStatus Append(const Slice& data, const IOOptions& options, IODebugContext* debug) override {
    if (files_->lost()) return NoPower();
    const IOStatus status = target()->Append(data, options, debug);
    size_ += data.size();
    files_->Written(path_, size_);
    return status;
  }
  IOStatus Append(const Slice& data, const IOOptions& options,
                  const rocksdb::DataVerificationInfo& info, IODebugContext* debug) override {
    if (files_->lost()) return NoPower();
    const IOStatus status = target()->Append(data, options, info, debug);
    size_ += data.size();
    files_->Written(path_, size_);
    return status;
  }
  IOStatus Truncate(uint64_t size, const IOOptions& options, IODebugContext* debug) override {
    if (files_->lost()) return NoPower();
    return target()->Truncate(size, options, debug);
  }
  IOStatus Sync(const IOOptions&, IODebugContext*) override {
    if (files_->lost()) return NoPower();
    files_->Synced(path_);
    return IOStatus::OK();
  }
  IOStatus Fsync(const IOOptions& options, IODebugContext* debug) override {
    return Sync(options, debug);
  }
  IOStatus RangeSync(uint64_t, uint64_t, const IOOptions&, IODebugContext*) override {
    return files_->lost() ? NoPower() : IOStatus::OK();
  }

 private:
  const std::string path_;
  const std::shared_ptr<UnsyncedFiles> files_;
  uint64_t size_ = 0;
};

class TrackedDirectory : public rocksdb::FSDirectory {
 public:
  TrackedDirectory(std::string path, std::shared_ptr<UnsyncedFiles> files)
      : path_(std::move(path)), files_(std::move(files)) {}
  IOStatus Fsync(const IOOptions&, IODebugContext*) override {
    if (files_->lost()) return NoPower();
    files_->DirectorySynced(path_);
    return IOStatus::OK();
  }
  IOStatus Close(const IOOptions&, IODebugContext*) override { return IOStatus::OK(); }

 private:
  const std::string path_;
  const std::shared_ptr<UnsyncedFiles> files_;
};

class TrackingFileSystem : public rocksdb::FileSystemWrapper {
 public:
  explicit TrackingFileSystem(std::shared_ptr<UnsyncedFiles> files)
      : FileSystemWrapper(rocksdb::FileSystem::Default()), files_(std::move(files)) {}
  const char* Name() const override { return "PowerLossFileSystem"; }

  IOStatus NewWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                           std::unique_ptr<rocksdb::FSWritableFile>* file,
                           IODebugContext* debug) override {
    if (files_->lost()) return NoPower();
    std::unique_ptr<rocksdb::FSWritableFile> made;
    const IOStatus status = target()->NewWritableFile(path, options, &made, debug);
    if (!status.ok()) return status;
    files_->Created(path);
    *file = std::make_unique<TrackedFile>(std::move(made), path, files_);
    return status;
  }
  IOStatus ReopenWritableFile(const std::string&, const rocksdb::FileOptions&,
                              std::unique_ptr<rocksdb::FSWritableFile>*, IODebugContext*) override {
    return IOStatus::NotSupported("not simulated");
  }
  IOStatus ReuseWritableFile(const std::string&, const std::string&, const rocksdb::FileOptions&,
                             std::unique_ptr<rocksdb::FSWritableFile>*, IODebugContext*) override {
    return IOStatus::NotSupported("not simulated");
  }
  IOStatus NewDirectory(const std::string& path, const IOOptions&,
                        std::unique_ptr<rocksdb::FSDirectory>* directory,
                        IODebugContext*) override {
    *directory = std::make_unique<TrackedDirectory>(path, files_);
    return IOStatus::OK();
  }
  IOStatus DeleteFile(const std::string& path, const IOOptions& options,
                      IODebugContext* debug) override {
    if (files_->lost()) return NoPower();
    files_->Deleted(path);
    return target()->DeleteFile(path, options, debug);
  }
  IOStatus RenameFile(const std::string& from, const std::string& to, const IOOptions& options,
                      IODebugContext* debug) override {
    if (files_->lost()) return NoPower();
    const std::optional<std::string> replaced = BytesOf(to);
    const IOStatus status = target()->RenameFile(from, to, options, debug);
    if (status.ok()) files_->Renamed(from, to, replaced);
    return status;
  }

 private:
  const std::shared_ptr<UnsyncedFiles> files_;
};

}  // namespace

bool UnsyncedFiles::lost() const {
  base::MutexLock lock(&mutex_);
  return lost_;
}

void UnsyncedFiles::Lose() {
  base::MutexLock lock(&mutex_);
  lost_ = true;
}

void UnsyncedFiles::Created(const std::string& path) {
  base::MutexLock lock(&mutex_);
  files_[path] = {0, 0, true, std::nullopt};
}

void UnsyncedFiles::Written(const std::string& path, uint64_t size) {
  base::MutexLock lock(&mutex_);
  files_[path].size = size;
}

void UnsyncedFiles::Synced(const std::string& path) {
  base::MutexLock lock(&mutex_);
  // A power loss between the write and here has the last word.
  if (!lost_) files_[path].synced = files_[path].size;
}

void UnsyncedFiles::Deleted(const std::string& path) {
  base::MutexLock lock(&mutex_);
  files_.erase(path);
}

void UnsyncedFiles::Renamed(const std::string& from, const std::string& to,
                            std::optional<std::string> replaced) {
  base::MutexLock lock(&mutex_);
  File file = files_[from];
  // Two renames without a sync between them: the oldest bytes are the ones on disk.
  const auto before = files_.find(to);
  if (before != files_.end() && before->second.name_pending) replaced = before->second.replaced;
  files_.erase(from);
  file.name_pending = true;
  file.replaced = std::move(replaced);
  files_[to] = std::move(file);
}

void UnsyncedFiles::DirectorySynced(const std::string& directory) {
  base::MutexLock lock(&mutex_);
  if (lost_) return;
  const auto wanted = std::filesystem::path(directory + "/").lexically_normal();
  for (auto& [path, file] : files_) {
    if (std::filesystem::path(path).parent_path() / "" != wanted) continue;
    file.name_pending = false;
    file.replaced.reset();
  }
}

void UnsyncedFiles::Restore(std::mt19937_64& random, bool keep_some) {
  base::MutexLock lock(&mutex_);
  for (const auto& [path, file] : files_) {
    if (!std::filesystem::exists(path)) continue;
    if (file.name_pending) {
      std::filesystem::remove(path);
      if (file.replaced.has_value()) std::ofstream(path, std::ios::binary) << *file.replaced;
      continue;
    }
    uint64_t size = file.synced;
    if (keep_some && file.size > size) size += random() % (file.size - size + 1);
    std::filesystem::resize_file(path, size);
  }
  files_.clear();
  lost_ = false;
}

PowerLossFileSystem::PowerLossFileSystem()
    : files_(std::make_shared<UnsyncedFiles>()),
      env_(rocksdb::NewCompositeEnv(std::make_shared<TrackingFileSystem>(files_))) {}

}  // namespace sluice::testing
