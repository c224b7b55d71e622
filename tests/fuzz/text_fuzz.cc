// Text repairs: the normal form is UTF-8 and a fixed point, and no repair that is off is made.
#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/check.h"
#include "common/normalize/text.h"
#include "common/normalize/unicode.h"

namespace sluice::normalize {
namespace {

bool IsWellFormed(std::string_view text) {
  bool well_formed = true;
  for (size_t at = 0; at < text.size();) NextCharacter(text, at, well_formed);
  return well_formed;
}

void Fuzz(std::string_view data) {
  if (data.size() < 2) return;
  const auto kind = static_cast<TextKind>(static_cast<unsigned char>(data[0]) % 3);
  RepairSet disabled;
  for (size_t i = 0; i < 6; ++i) {
    if ((data[1] >> i & 1) != 0) disabled.Add(static_cast<Repair>(i));
  }
  data.remove_prefix(2);
  std::string buffer;
  const TextResult once = NormalizeText(data, kind, disabled, buffer);
  const std::string value(once.value);
  SLUICE_CHECK(IsWellFormed(value), "the normal form is no UTF-8");
  for (const Repair repair : once.repairs) SLUICE_CHECK(!disabled.Has(repair), "a repair is off");
  const TextResult twice = NormalizeText(value, kind, disabled, buffer);
  SLUICE_CHECK(twice.value == value, "the normal form is no fixed point");
  SLUICE_CHECK(twice.repairs.empty() || value.empty(), "the normal form needs repairs");
}

}  // namespace
}  // namespace sluice::normalize

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  sluice::normalize::Fuzz({reinterpret_cast<const char*>(data), size});
  return 0;
}
