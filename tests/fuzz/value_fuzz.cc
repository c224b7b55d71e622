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

void Fuzz(std::string_view data) {
  if (data.empty()) return;
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
