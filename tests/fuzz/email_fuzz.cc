// E-mail addresses: the short way equals the full way, and the normal form is a fixed point.
#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/check.h"
#include "common/normalize/email.h"

namespace sluice::normalize {
namespace {

void Fuzz(std::string_view text) {
  const EmailNormalizer emails;
  std::string buffer;
  std::string full_buffer;
  const ValueResult fast = emails.Normalize(text, buffer);
  const ValueResult full = emails.NormalizeFull(text, full_buffer);
  SLUICE_CHECK(fast.valid == full.valid && fast.value == full.value && fast.code == full.code &&
                   fast.repairs == full.repairs,
               "the ways differ");
  if (!fast.valid) return;
  SLUICE_CHECK(fast.value.size() <= 254, "an address is too long");
  const std::string value(fast.value);
  const ValueResult again = emails.Normalize(value, buffer);
  SLUICE_CHECK(again.valid && again.value == value && again.repairs.empty(), "no fixed point");
}

}  // namespace
}  // namespace sluice::normalize

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  sluice::normalize::Fuzz({reinterpret_cast<const char*>(data), size});
  return 0;
}
