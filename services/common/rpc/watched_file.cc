#include "common/rpc/watched_file.h"

#include <cerrno>

#include "common/base/byte_source.h"
#include "common/base/status.h"

namespace sluice::rpc {
namespace {

constexpr uint64_t kBytesMax = 1 << 20;

bool Same(const struct ::stat& a, const struct ::stat& b) {
  return a.st_dev == b.st_dev && a.st_ino == b.st_ino && a.st_size == b.st_size &&
         a.st_mtim.tv_sec == b.st_mtim.tv_sec && a.st_mtim.tv_nsec == b.st_mtim.tv_nsec &&
         a.st_ctim.tv_sec == b.st_ctim.tv_sec && a.st_ctim.tv_nsec == b.st_ctim.tv_nsec;
}

}  // namespace

absl::StatusOr<bool> WatchedFile::Refresh() {
  // Before reading: what is written meanwhile is seen the next time.
  struct ::stat now {};
  if (::stat(path_.c_str(), &now) != 0) {
    read_ = false;
    return base::ErrnoStatus(errno, "cannot read " + path_);
  }
  if (read_ && Same(now, seen_)) return false;
  read_ = false;
  SLUICE_ASSIGN_OR_RETURN(text_, base::ReadSmallFile(path_, kBytesMax));
  seen_ = now;
  read_ = true;
  return true;
}

}  // namespace sluice::rpc
