// What was found out about a file before its first row is read: enough to read it again the same
// way, in another process.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/formats/encoding.h"
#include "common/formats/finding.h"

namespace sluice::formats {

enum class Format : uint8_t { kDelimited, kNdjson, kWorkbook };

// "delimited", "ndjson", "workbook".
std::string_view Name(Format format);
std::optional<Format> FormatByName(std::string_view name);

// A sheet of a workbook, in the order of the tabs.
struct SheetName {
  std::string name;
  bool visible = true;
};

struct SourceShape {
  Format format = Format::kDelimited;
  Encoding encoding = Encoding::kUtf8;
  bool bom = false;
  char delimiter = ',';
  char quote = '"';
  // Row number of the header from 1; 0: the file has none, and the columns are column_1,
  // column_2...
  uint64_t header_row = 0;
  // Distinct and never blank: header texts without white space at the ends; a blank one is column_N
  // (N from 1), one met before gets _2, _3; names that stand in the file are passed over. For
  // NDJSON the keys, nested ones as `a.b`.
  std::vector<std::string> columns;
  // The cells of the first rows without a problem, as many as were asked for.
  std::vector<std::vector<std::string>> sample_rows;
  uint64_t size_bytes = 0;
  // Of a workbook: the sheet that is read, and all there are.
  std::string sheet;
  std::vector<SheetName> sheets;
  // Of an archive: the file in it that is read, which all the rest is about. Else empty.
  std::string member;
  // Why encoding, delimiter and header row are what they are. Of a workbook only the last.
  Finding encoding_finding;
  Finding delimiter_finding;
  Finding header_finding;
  // Inspect stopped at InspectOptions::read_bytes_max: the columns of an NDJSON file may be more,
  // the end of an archive was not seen.
  bool cut = false;
};

}  // namespace sluice::formats
