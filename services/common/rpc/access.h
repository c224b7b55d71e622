// Who may call what: tokens in a file, which is read again when it changes, so that a token that is
// taken out is refused from the next call on.
//
// A line of the file is `SHA256 NAME ROLE`: the token's SHA-256 in hexadecimal, a name for messages
// and one of the roles; `#` begins a comment. The file holds no token.
//
//   push     IngestService: bringing records
//   read     looking at imports and their counts
//   operate  the above, and starting, pausing and cancelling imports, and their rows
//   service  what the services of the installation ask control for, with the key of its hashes
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "common/base/mutex.h"
#include "common/rpc/watched_file.h"

namespace sluice::rpc {

enum class Role : unsigned { kPush = 1, kRead = 2, kOperate = 4, kService = 8 };

// Thread-safe.
class AccessList {
 public:
  // Told once when the file cannot be used any more.
  using OnProblem = std::function<void(const absl::Status&)>;

  // InvalidArgument names the setting, and the line that is wrong.
  static absl::StatusOr<std::shared_ptr<AccessList>> Open(const std::string& path,
                                                          OnProblem on_problem);

  // `method` as "/package.Service/Method"; an empty token is none. Unauthenticated for a token that
  // is not in the file, PermissionDenied for one whose role does not suffice. While the file cannot
  // be used nobody is let in: Unavailable.
  absl::Status Check(std::string_view method, std::string_view token);

 private:
  struct Entry {
    std::array<unsigned char, 32> digest{};
    std::string name;
    Role role = Role::kRead;
  };

  AccessList(const std::string& path, OnProblem on_problem)
      : on_problem_(std::move(on_problem)), file_(path) {}
  absl::Status Refresh() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status Parse() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  const Entry* Find(std::string_view token) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const OnProblem on_problem_;
  base::Mutex mutex_;
  WatchedFile file_ ABSL_GUARDED_BY(mutex_);
  std::vector<Entry> entries_ ABSL_GUARDED_BY(mutex_);
  // Of the last look.
  absl::Status state_ ABSL_GUARDED_BY(mutex_);
};

// Whether a method is for everybody: the health service.
bool IsOpen(std::string_view method);

}  // namespace sluice::rpc
