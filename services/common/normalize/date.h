// The normal forms of dates and times. Nothing is shifted by a zone, and nothing is guessed: the
// year comes first and has four digits.
#pragma once

#include <string>
#include <string_view>

#include "common/normalize/value_result.h"

namespace sluice::normalize {

// `YYYY-MM-DD` from Y-M-D with one of `- / .` throughout or 年月日, from YYYYMMDD, or from such a
// date with a time at midnight. The day must exist. Thread-safe, like all here; the text has had
// the text repairs; what is no date is refused with type_mismatch.
ValueResult NormalizeDate(std::string_view text, std::string& buffer);

// `YYYY-MM-DDTHH:MM:SS`, `.fff` when there is a fraction that is not 0 (cut to milliseconds), and
// the offset if one was typed (`Z` or `+HH:MM`). From a date as above, a space or `T`, and
// H:MM[:SS[.f...]]; a date alone is its midnight.
ValueResult NormalizeDatetime(std::string_view text, std::string& buffer);

}  // namespace sluice::normalize
