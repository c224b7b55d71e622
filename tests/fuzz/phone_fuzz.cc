// Phone numbers: the short way equals the full way, and the normal form is a fixed point.
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/check.h"
#include "common/normalize/phone.h"

namespace sluice::normalize {
namespace {

void Fuzz(std::string_view data) {
  if (data.empty()) return;
  constexpr std::array kRegions = {"CN", "US", "HK", "DE"};
  PhoneNormalizer phones(kRegions[static_cast<unsigned char>(data[0]) % kRegions.size()]);
  const std::string_view text = data.substr(1);
  std::string buffer;
  std::string full_buffer;
  const ValueResult fast = phones.Normalize(text, buffer);
  const ValueResult full = phones.NormalizeFull(text, full_buffer);
  SLUICE_CHECK(fast.valid == full.valid && fast.value == full.value && fast.code == full.code &&
                   fast.repairs == full.repairs,
               "the ways differ");
  if (!fast.valid) return;
  const std::string value(fast.value);
  const ValueResult again = phones.Normalize(value, buffer);
  SLUICE_CHECK(again.valid && again.value == value, "no fixed point");
}

}  // namespace
}  // namespace sluice::normalize

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  sluice::normalize::Fuzz({reinterpret_cast<const char*>(data), size});
  return 0;
}
