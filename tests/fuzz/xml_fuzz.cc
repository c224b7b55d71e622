// XML: the scanner takes and refuses what EXPAT does, whatever the reads.
#include <cstdint>

#include "common/base/check.h"
#include "tests/unit/common/spreadsheet/expat_events.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sluice::spreadsheet;
  const std::string_view xml(reinterpret_cast<const char*>(data), size);
  const std::string events = ScannerEvents(xml, 1 + size % 17);
  SLUICE_CHECK(events == ScannerEvents(xml, SIZE_MAX), "short reads differ");
  if (!MayDiffer(xml)) SLUICE_CHECK(events == ExpatEvents(xml), "EXPAT sees another document");
  return 0;
}
