// How far something is, for people: a line on a terminal that is written over, else one line every
// ten seconds. On stderr.
#pragma once

#include <cstdint>
#include <string>

namespace sluice::cli {

// Thread-compatible.
class ProgressLine {
 public:
  // Nothing is shown when `quiet`. Times are monotonic.
  ProgressLine(bool quiet, int64_t start_nanos);
  // Ends the line.
  ~ProgressLine();
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  // Whether it is time for another text.
  bool Due(int64_t now_nanos);
  void Show(const std::string& text);

 private:
  const bool quiet_;
  const bool terminal_;
  int64_t shown_at_nanos_;
  bool line_open_ = false;
};

// As 1:23:45 or 0:07.
std::string DurationText(int64_t seconds);

}  // namespace sluice::cli
