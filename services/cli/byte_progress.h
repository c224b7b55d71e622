// How far a backup or restore is, for people: bytes, rate and time left.
#pragma once

#include <cstdint>
#include <string>

#include "cli/language.h"
#include "cli/progress_line.h"

namespace sluice::cli {

// As "1.5 GB".
std::string BytesText(uint64_t bytes);

// Thread-compatible.
class ByteProgress {
 public:
  // Nothing is shown when `quiet`, and in the first two seconds.
  ByteProgress(Language language, bool quiet, int64_t start_nanos)
      : language_(language), line_(quiet, start_nanos), start_nanos_(start_nanos) {}

  // `now_nanos` is monotonic.
  void Show(uint64_t done, uint64_t total, int64_t now_nanos);

 private:
  const Language language_;
  ProgressLine line_;
  const int64_t start_nanos_;
};

}  // namespace sluice::cli
