// The normal forms of numbers, as decimal text: no number is ever rounded.
#pragma once

#include <string>
#include <string_view>

#include "common/normalize/value_result.h"

namespace sluice::normalize {

// Digits without leading zeros, after a minus where one is typed. A plus and thousands separators
// (`,` in groups of three) are dropped. Thread-safe, like all here; the text has had the text
// repairs; what is no number is refused with type_mismatch.
ValueResult NormalizeInteger(std::string_view text, std::string& buffer);

// Digits, and after a point digits as typed: `1,234.50` is 1234.50, `.5` is 0.5. An exponent of up
// to 30 is written out. One of ¥ ￥ $ € £ before or 元 after (or the other way round) is dropped.
// Zero has no minus.
ValueResult NormalizeDecimal(std::string_view text, std::string& buffer);

// As decimals.
ValueResult NormalizeCurrency(std::string_view text, std::string& buffer);

}  // namespace sluice::normalize
