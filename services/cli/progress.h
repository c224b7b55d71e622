// Progress of an import for people (progress_line.h).
#pragma once

#include <cstdint>

#include "cli/language.h"
#include "cli/progress_line.h"
#include "control/import_record.h"

namespace sluice::cli {

// Thread-compatible.
class Progress {
 public:
  // Nothing is shown when `quiet`.
  Progress(Language language, bool quiet, int64_t start_nanos);

  // `now_nanos` is monotonic.
  void Show(const control::ImportRecord& import, int64_t now_nanos);

 private:
  // Of rows that come again.
  void ShowRound(const control::ImportRecord& import, int64_t now_nanos);

  const Language language_;
  ProgressLine line_;
  const int64_t start_nanos_;
  // Where this process began, so that the rate is its own.
  bool first_ = true;
  int64_t rows_at_start_ = 0;
  uint64_t bytes_at_start_ = 0;
};

}  // namespace sluice::cli
