// Headers and values of columns: whatever they are, they are read to the end, and a header reads
// the same twice.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/check.h"
#include "common/recognise/recognise_column.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sluice::recognise;
  const std::string text(reinterpret_cast<const char*>(data), size);
  SLUICE_CHECK(ReadHeader(text) == ReadHeader(text), "a header reads in two ways");
  std::vector<std::vector<std::string>> rows;
  for (size_t at = 0; at < text.size() && rows.size() < 50;) {
    const size_t end = std::min(text.find('\n', at), text.size());
    rows.push_back({text.substr(at, end - at)});
    at = end + 1;
  }
  const auto columns = RecogniseColumns({text}, false, rows);
  SLUICE_CHECK(columns.size() == 1, "a column is lost");
  SLUICE_CHECK(columns[0].confidence >= 0 && columns[0].confidence <= 1, "no share");
  SLUICE_CHECK(columns[0].values.distinct <= columns[0].values.filled, "more than there are");
  return 0;
}
