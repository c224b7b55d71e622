// Progress of an import for people: a line on a terminal that is written over, else one line every
// ten seconds. On stderr.
#pragma once

#include <cstdint>

#include "cli/language.h"
#include "control/import_record.h"

namespace sluice::cli {

// Thread-compatible.
class Progress {
 public:
  // Nothing is shown when `quiet`.
  Progress(Language language, bool quiet, int64_t start_nanos);
  // Ends the line.
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // `now_nanos` is monotonic.
  void Show(const control::ImportRecord& import, int64_t now_nanos);

 private:
  const Language language_;
  const bool quiet_;
  const bool terminal_;
  const int64_t start_nanos_;
  int64_t shown_at_nanos_ = 0;
  // Where this process began, so that the rate is its own.
  bool first_ = true;
  int64_t rows_at_start_ = 0;
  uint64_t bytes_at_start_ = 0;
  bool line_open_ = false;
};

}  // namespace sluice::cli
