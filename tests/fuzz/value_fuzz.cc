// Numbers, dates, booleans, URLs and domains: the normal form is a fixed point.
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/check.h"
#include "common/normalize/boolean.h"
#include "common/normalize/date.h"
#include "common/normalize/domain.h"
#include "common/normalize/number.h"
#include "common/normalize/url.h"

namespace sluice::normalize {
namespace {

using Normalizer = ValueResult (*)(std::string_view, std::string&);

using OrderedNormalizer = ValueResult (*)(std::string_view, DateOrder, std::string&);

// What an order accepts, without an order it is never another day; and evidence is what is
// accepted.
void FuzzOrder(std::string_view text, DateOrder order, OrderedNormalizer normalize) {
  const DateReadings readings = ReadingsOf(text);
  std::string buffer;
  const ValueResult ordered = normalize(text, order, buffer);
  SLUICE_CHECK(ordered.valid == ordered.code.empty(), "valid or a code");
  if (!ordered.valid) return;
  const std::string value(ordered.value);
  SLUICE_CHECK(readings.year_first || readings.day_first || readings.month_first, "no evidence");
  if (order == DateOrder::kDayFirst) {
    SLUICE_CHECK(readings.year_first || readings.day_first, "the day is not first");
  }
  if (order == DateOrder::kMonthFirst) {
    SLUICE_CHECK(readings.year_first || readings.month_first, "the month is not first");
  }
  const ValueResult guessed = normalize(text, DateOrder::kUnknown, buffer);
  SLUICE_CHECK(guessed.valid ? guessed.value == value : guessed.code == kAmbiguousDate,
               "another day without the order");
  const ValueResult twice = normalize(value, DateOrder::kYearFirst, buffer);
  SLUICE_CHECK(twice.valid && twice.value == value, "no fixed point");
}

void Fuzz(std::string_view data) {
  if (data.empty()) return;
  if (const auto choice = static_cast<unsigned char>(data[0]); choice >= 0xf8) {
    const OrderedNormalizer date = NormalizeDate;
    const OrderedNormalizer datetime = NormalizeDatetime;
    FuzzOrder(data.substr(1), static_cast<DateOrder>(choice % 4), choice % 8 < 4 ? date : datetime);
    return;
  }
  constexpr std::array<Normalizer, 8> kNormalizers = {
      NormalizeInteger,  NormalizeDecimal, NormalizeCurrency, NormalizeDate,
      NormalizeDatetime, NormalizeBoolean, NormalizeUrl,      NormalizeDomain};
  const Normalizer normalize =
      kNormalizers[static_cast<unsigned char>(data[0]) % kNormalizers.size()];
  std::string buffer;
  const ValueResult once = normalize(data.substr(1), buffer);
  SLUICE_CHECK(once.valid == once.code.empty(), "valid or a code");
  if (!once.valid) return;
  const std::string value(once.value);
  SLUICE_CHECK(!value.empty(), "a valid value is blank");
  const ValueResult twice = normalize(value, buffer);
  SLUICE_CHECK(twice.valid && twice.value == value && twice.repairs.empty(), "no fixed point");
}

}  // namespace
}  // namespace sluice::normalize

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  sluice::normalize::Fuzz({reinterpret_cast<const char*>(data), size});
  return 0;
}
