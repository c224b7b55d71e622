// Compound files and BIFF streams: any bytes.
#include <cstdint>

#include "tests/fuzz/workbook_reads.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  sluice::spreadsheet::ReadWorkbook({reinterpret_cast<const char*>(data), size});
  return 0;
}
