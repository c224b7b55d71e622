// The parts of an .xlsx, each any bytes: sheet, strings, styles, workbook, relationships.
#include <cstdint>

#include "tests/fuzz/workbook_reads.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using sluice::spreadsheet::Pieces;
  const auto pieces = Pieces({reinterpret_cast<const char*>(data), size}, 5);
  constexpr std::string_view kWorkbook =
      "<workbook><sheets><sheet name='a' r:id='r1'/></sheets></workbook>";
  sluice::spreadsheet::ReadWorkbook(sluice::spreadsheet::StoredZip(
      {{"xl/worksheets/sheet1.xml", pieces[0]},
       {"xl/sharedStrings.xml", pieces[1].empty() ? "<sst><si><t>s</t></si></sst>" : pieces[1]},
       {"xl/styles.xml", pieces[2].empty() ? "<styleSheet/>" : pieces[2]},
       {"xl/workbook.xml", pieces[3].empty() ? kWorkbook : pieces[3]},
       {"xl/_rels/workbook.xml.rels", pieces[4].empty() ? "<Relationships/>" : pieces[4]}}));
  return 0;
}
