// Progress of a rollback or a redo for people (progress_line.h), when it takes longer than two
// seconds.
#pragma once

#include <cstdint>
#include <string>

#include "cli/language.h"
#include "cli/progress_line.h"
#include "control/import_record.h"

namespace sluice::cli {

// Thread-compatible.
class UndoProgress {
 public:
  // Nothing is shown when `quiet`. `rows` is how many there will be in all; 0 = not known, as of a
  // rollback that takes back only some.
  UndoProgress(Language language, bool quiet, int64_t rows, int64_t start_nanos)
      : language_(language), line_(quiet, start_nanos), rows_(rows), start_nanos_(start_nanos) {}

  // Of the import that is rolled back, or of the redo. `now_nanos` is monotonic.
  void Show(const control::ImportRecord& import, int64_t now_nanos);

 private:
  const Language language_;
  ProgressLine line_;
  const int64_t rows_;
  const int64_t start_nanos_;
  // Where this process began, so that the rate is its own.
  bool first_ = true;
  int64_t rows_at_start_ = 0;
};

// Rows of the sink that an import has written; a rollback of all of it looks at each.
int64_t RowsWritten(const control::ImportRecord& import);
// Rows that its rollbacks have taken back, which a redo goes through.
int64_t RowsTakenBack(const control::ImportRecord& import);

// What is shown: `done` rows of `rows`, `done - at_start` of them in `seconds`.
std::string UndoProgressText(Language language, int64_t done, int64_t at_start, int64_t rows,
                             double seconds);

}  // namespace sluice::cli
