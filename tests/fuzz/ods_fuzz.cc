// The content of an .ods: any bytes.
#include <cstdint>

#include "tests/fuzz/workbook_reads.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  sluice::spreadsheet::ReadWorkbook(sluice::spreadsheet::StoredZip(
      {{"mimetype", "application/vnd.oasis.opendocument.spreadsheet"},
       {"content.xml", {reinterpret_cast<const char*>(data), size}}}));
  return 0;
}
