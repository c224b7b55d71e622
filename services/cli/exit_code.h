// Exit codes of the command line: a public contract (design section 12).
#pragma once

namespace sluice::cli {

enum ExitCode : int {
  kDone = 0,
  kFailed = 1,
  kUsage = 2,
  kNeedsAttention = 3,  // done, but some rows were rejected or need review
  kUnreachable = 4,
  kTimedOut = 5,
  kConflict = 6,
  kInterrupted = 130,
};

}  // namespace sluice::cli
