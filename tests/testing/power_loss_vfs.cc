#include "tests/testing/power_loss_vfs.h"

#include <sqlite3.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <new>
#include <vector>

#include "common/base/check.h"
#include "common/base/mutex.h"

namespace sluice::testing {
namespace {

// What one write or truncation replaced.
struct Replaced {
  int64_t offset = 0;
  std::string bytes;
  int64_t size_before = 0;
};

}  // namespace

struct PowerLossVfsState {
  sqlite3_vfs vfs{};
  sqlite3_vfs* machine = nullptr;
  std::string name;
  base::Mutex mutex;
  bool lost ABSL_GUARDED_BY(mutex) = false;
  // Since the last sync, by path.
  std::map<std::string, std::vector<Replaced>> unsynced ABSL_GUARDED_BY(mutex);
};

namespace {

// Lies in the memory SQLite gives, before the machine's own file.
struct TrackedFile {
  sqlite3_file base;
  PowerLossVfsState* state;
  // Null for a temporary file, which nobody needs after a loss.
  const char* path;

  sqlite3_file* machine() { return reinterpret_cast<sqlite3_file*>(this + 1); }
  static TrackedFile& Of(sqlite3_file* file) { return *reinterpret_cast<TrackedFile*>(file); }
};

PowerLossVfsState& StateOf(sqlite3_vfs* vfs) {
  return *static_cast<PowerLossVfsState*>(vfs->pAppData);
}

bool Lost(PowerLossVfsState& state) {
  base::MutexLock lock(&state.mutex);
  return state.lost;
}

// Notes what stands at [offset, offset + count) before it is changed.
int Remember(TrackedFile& file, int64_t offset, int64_t count) {
  if (file.path == nullptr) return SQLITE_OK;
  Replaced replaced;
  sqlite3_file* const machine = file.machine();
  sqlite3_int64 size = 0;
  if (const int code = machine->pMethods->xFileSize(machine, &size); code != SQLITE_OK) return code;
  replaced.size_before = size;
  replaced.offset = offset;
  const int64_t old = std::clamp<int64_t>(size - offset, 0, count);
  replaced.bytes.resize(static_cast<size_t>(old));
  if (old > 0) {
    const int code =
        machine->pMethods->xRead(machine, replaced.bytes.data(), static_cast<int>(old), offset);
    if (code != SQLITE_OK) return code;
  }
  base::MutexLock lock(&file.state->mutex);
  file.state->unsynced[file.path].push_back(std::move(replaced));
  return SQLITE_OK;
}

int Close(sqlite3_file* file) {
  sqlite3_file* const machine = TrackedFile::Of(file).machine();
  return machine->pMethods->xClose(machine);
}

int Read(sqlite3_file* file, void* bytes, int count, sqlite3_int64 offset) {
  sqlite3_file* const machine = TrackedFile::Of(file).machine();
  return machine->pMethods->xRead(machine, bytes, count, offset);
}

int Write(sqlite3_file* file, const void* bytes, int count, sqlite3_int64 offset) {
  TrackedFile& tracked = TrackedFile::Of(file);
  if (Lost(*tracked.state)) return SQLITE_IOERR_WRITE;
  if (const int code = Remember(tracked, offset, count); code != SQLITE_OK) return code;
  return tracked.machine()->pMethods->xWrite(tracked.machine(), bytes, count, offset);
}

int Truncate(sqlite3_file* file, sqlite3_int64 size) {
  TrackedFile& tracked = TrackedFile::Of(file);
  if (Lost(*tracked.state)) return SQLITE_IOERR_TRUNCATE;
  sqlite3_int64 now = 0;
  tracked.machine()->pMethods->xFileSize(tracked.machine(), &now);
  const int code = Remember(tracked, size, std::max<sqlite3_int64>(now - size, 0));
  if (code != SQLITE_OK) return code;
  return tracked.machine()->pMethods->xTruncate(tracked.machine(), size);
}

int Sync(sqlite3_file* file, int) {
  TrackedFile& tracked = TrackedFile::Of(file);
  base::MutexLock lock(&tracked.state->mutex);
  if (tracked.state->lost) return SQLITE_IOERR_FSYNC;
  if (tracked.path != nullptr) tracked.state->unsynced.erase(tracked.path);
  return SQLITE_OK;
}

int FileSize(sqlite3_file* file, sqlite3_int64* size) {
  sqlite3_file* const machine = TrackedFile::Of(file).machine();
  return machine->pMethods->xFileSize(machine, size);
}

int Lock(sqlite3_file* file, int level) {
  sqlite3_file* const machine = TrackedFile::Of(file).machine();
  return machine->pMethods->xLock(machine, level);
}

int Unlock(sqlite3_file* file, int level) {
  sqlite3_file* const machine = TrackedFile::Of(file).machine();
  return machine->pMethods->xUnlock(machine, level);
}

int CheckReservedLock(sqlite3_file* file, int* held) {
  sqlite3_file* const machine = TrackedFile::Of(file).machine();
  return machine->pMethods->xCheckReservedLock(machine, held);
}

int FileControl(sqlite3_file* file, int operation, void* argument) {
  sqlite3_file* const machine = TrackedFile::Of(file).machine();
  return machine->pMethods->xFileControl(machine, operation, argument);
}

int SectorSize(sqlite3_file* file) {
  sqlite3_file* const machine = TrackedFile::Of(file).machine();
  return machine->pMethods->xSectorSize(machine);
}

int DeviceCharacteristics(sqlite3_file* file) {
  sqlite3_file* const machine = TrackedFile::Of(file).machine();
  return machine->pMethods->xDeviceCharacteristics(machine);
}

int ShmMap(sqlite3_file* file, int page, int size, int extend, void volatile** at) {
  sqlite3_file* const machine = TrackedFile::Of(file).machine();
  return machine->pMethods->xShmMap(machine, page, size, extend, at);
}

int ShmLock(sqlite3_file* file, int offset, int count, int flags) {
  sqlite3_file* const machine = TrackedFile::Of(file).machine();
  return machine->pMethods->xShmLock(machine, offset, count, flags);
}

void ShmBarrier(sqlite3_file* file) {
  sqlite3_file* const machine = TrackedFile::Of(file).machine();
  machine->pMethods->xShmBarrier(machine);
}

int ShmUnmap(sqlite3_file* file, int remove) {
  sqlite3_file* const machine = TrackedFile::Of(file).machine();
  return machine->pMethods->xShmUnmap(machine, remove);
}

// Version 2: no memory mapping, which would write behind our back.
constexpr sqlite3_io_methods kMethods = {2,
                                         Close,
                                         Read,
                                         Write,
                                         Truncate,
                                         Sync,
                                         FileSize,
                                         Lock,
                                         Unlock,
                                         CheckReservedLock,
                                         FileControl,
                                         SectorSize,
                                         DeviceCharacteristics,
                                         ShmMap,
                                         ShmLock,
                                         ShmBarrier,
                                         ShmUnmap,
                                         nullptr,
                                         nullptr};

int Open(sqlite3_vfs* vfs, const char* path, sqlite3_file* file, int flags, int* flags_out) {
  PowerLossVfsState& state = StateOf(vfs);
  auto* tracked = new (file) TrackedFile{{nullptr}, &state, path};
  if (Lost(state) && (flags & SQLITE_OPEN_READWRITE) != 0) return SQLITE_CANTOPEN;
  const int code = state.machine->xOpen(state.machine, path, tracked->machine(), flags, flags_out);
  if (tracked->machine()->pMethods != nullptr) file->pMethods = &kMethods;
  return code;
}

int Delete(sqlite3_vfs* vfs, const char* path, int sync_directory) {
  PowerLossVfsState& state = StateOf(vfs);
  {
    base::MutexLock lock(&state.mutex);
    if (state.lost) return SQLITE_IOERR_DELETE;
    state.unsynced.erase(path);
  }
  return state.machine->xDelete(state.machine, path, sync_directory);
}

int Access(sqlite3_vfs* vfs, const char* path, int flags, int* result) {
  sqlite3_vfs* const machine = StateOf(vfs).machine;
  return machine->xAccess(machine, path, flags, result);
}

int FullPathname(sqlite3_vfs* vfs, const char* path, int count, char* out) {
  sqlite3_vfs* const machine = StateOf(vfs).machine;
  return machine->xFullPathname(machine, path, count, out);
}

void UndoWrites(const std::string& path, const std::vector<Replaced>& writes, size_t kept) {
  if (!std::filesystem::exists(path)) return;
  for (size_t i = writes.size(); i > kept; --i) {
    const Replaced& write = writes[i - 1];
    std::filesystem::resize_file(path, static_cast<uint64_t>(write.size_before));
    if (write.bytes.empty()) continue;
    std::fstream out(path, std::ios::binary | std::ios::in | std::ios::out);
    out.seekp(write.offset);
    out.write(write.bytes.data(), static_cast<std::streamsize>(write.bytes.size()));
  }
}

}  // namespace

PowerLossVfs::PowerLossVfs(const std::string& name)
    : state_(std::make_unique<PowerLossVfsState>()) {
  state_->name = name;
  state_->machine = sqlite3_vfs_find(nullptr);
  SLUICE_CHECK(state_->machine != nullptr, "SQLite has no file system");
  // What is not our concern is the machine's.
  state_->vfs = *state_->machine;
  state_->vfs.pNext = nullptr;
  state_->vfs.zName = state_->name.c_str();
  state_->vfs.pAppData = state_.get();
  state_->vfs.szOsFile = static_cast<int>(sizeof(TrackedFile)) + state_->machine->szOsFile;
  state_->vfs.xOpen = Open;
  state_->vfs.xDelete = Delete;
  state_->vfs.xAccess = Access;
  state_->vfs.xFullPathname = FullPathname;
  sqlite3_vfs_register(&state_->vfs, 0);
}

PowerLossVfs::~PowerLossVfs() {
  sqlite3_vfs_unregister(&state_->vfs);
}

const std::string& PowerLossVfs::name() const {
  return state_->name;
}

void PowerLossVfs::LosePower() {
  base::MutexLock lock(&state_->mutex);
  state_->lost = true;
}

void PowerLossVfs::Restore(std::mt19937_64& random, bool keep_some) {
  base::MutexLock lock(&state_->mutex);
  for (const auto& [path, writes] : state_->unsynced) {
    UndoWrites(path, writes, keep_some ? random() % (writes.size() + 1) : 0);
  }
  state_->unsynced.clear();
  state_->lost = false;
}

}  // namespace sluice::testing
