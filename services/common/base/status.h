// Errors of the world as values. A bad record is data and never a Status; a Status says that the
// world (disk, database, file, setting) failed, and whether the same call may succeed later.
#pragma once

#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace sluice::base {

// True when the same call may succeed later without anybody changing anything
// (Unavailable, Aborted, ResourceExhausted, DeadlineExceeded, and Unknown: whether it happened is
// not known, and a step that is taken again looks first). Everything else is permanent.
bool IsRetryable(const absl::Status& status);

// The status's message. Debian builds Abseil with a string_view of its own, which does not convert
// from or to std::string_view; this is the one bridge.
std::string_view Message(const absl::Status& status);

// The status with "context: " put before its message; OK stays OK.
absl::Status Annotate(const absl::Status& status, std::string_view context);

// The status for a failed system call: errno's name and text after "what".
absl::Status ErrnoStatus(int error, std::string_view what);

}  // namespace sluice::base

#define SLUICE_STATUS_CONCAT_INNER_(a, b) a##b
#define SLUICE_STATUS_CONCAT_(a, b) SLUICE_STATUS_CONCAT_INNER_(a, b)

#define SLUICE_RETURN_IF_ERROR(expr)                 \
  do {                                               \
    absl::Status sluice_status_ = (expr);            \
    if (!sluice_status_.ok()) return sluice_status_; \
  } while (false)

#define SLUICE_ASSIGN_OR_RETURN_IMPL_(tmp, lhs, expr) \
  auto tmp = (expr);                                  \
  if (!tmp.ok()) return tmp.status();                 \
  lhs = std::move(tmp).value()

#define SLUICE_ASSIGN_OR_RETURN(lhs, expr) \
  SLUICE_ASSIGN_OR_RETURN_IMPL_(SLUICE_STATUS_CONCAT_(sluice_or_, __LINE__), lhs, expr)
