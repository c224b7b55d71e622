// Tells which row of a table is its header.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/formats/detect_dialect.h"

namespace sluice::formats {

struct FoundHeader {
  uint64_t row = 0;       // 0: none
  size_t first_data = 0;  // index in `rows` of the first row that is data
  size_t width = 0;       // columns of the table
  uint64_t rival = 0;  // another row that has names of columns too, so that there is doubt; 0: none
};

// `rows`: the first rows of the file that are not blank, at least one. Rows above the table (a
// title, a date) are taken for neither header nor data when a header is found below them. A row as
// wide as the table whose cells are nearly all known names goes before a narrower or poorer one
// above it (groups of columns, "Phone,0571...", a small table).
FoundHeader DetectHeader(const std::vector<SampleRow>& rows);

// True for a text that is known as the header of a column ("客户名称", "e-mail", "Phone No.").
bool IsKnownHeader(std::string_view text);

// Distinct, non-blank column names for the texts of a header row; see SourceShape::columns.
std::vector<std::string> ColumnNames(const std::vector<std::string>& header);

// column_1 to column_N.
std::vector<std::string> NumberedColumns(size_t count);

}  // namespace sluice::formats
