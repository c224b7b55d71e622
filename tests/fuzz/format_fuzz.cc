// Number formats: any code shows any number and any text, as UTF-8 where the code is.
#include <simdjson.h>

#include <cstdint>
#include <cstring>

#include "common/base/check.h"
#include "common/spreadsheet/number_format.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sluice::spreadsheet;
  if (size < sizeof(double) || size > 300) return 0;
  double value = 0;
  std::memcpy(&value, data, sizeof(value));
  if (!(value >= -1e308 && value <= 1e308)) return 0;
  const std::string_view code(reinterpret_cast<const char*>(data) + sizeof(value),
                              size - sizeof(value));
  const NumberFormat format(code);
  std::string shown;
  for (const Epoch epoch : {Epoch::k1900, Epoch::k1904}) format.AppendNumber(value, epoch, shown);
  format.AppendText("text", shown);
  if (!simdjson::validate_utf8(code.data(), code.size())) return 0;
  SLUICE_CHECK(simdjson::validate_utf8(shown.data(), shown.size()), "a text that is no UTF-8");
  return 0;
}
