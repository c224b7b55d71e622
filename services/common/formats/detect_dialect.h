// Finds the delimiter of a text from its head.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::formats {

struct SampleRow {
  std::vector<std::string> cells;
  uint64_t row = 0;  // from 1, as RowView::row
};

// The rows of `text` with a non-blank cell. `whole`: the text is all of the file; else its last row
// may be cut and is left out. Stops after `most` rows.
std::vector<SampleRow> SplitSample(std::string_view text, bool whole, char delimiter, char quote,
                                   size_t most);

// Comma, tab, semicolon or pipe, whichever gives the rows the most regular cells; comma when the
// text has one column. `^ ~ :` and the space only where they make a regular table, the first row
// included, and nothing else does; a comma, semicolon or pipe before such spaces is the delimiter
// then (`, `). A first line `sep=X` decides. `hint` wins when nothing else
// does.
char DetectDelimiter(std::string_view text, bool whole, char quote, char hint);

// The apostrophe where cells are closed in it and none in the double quote; else the double quote.
char DetectQuote(std::string_view text, bool whole, char delimiter);

}  // namespace sluice::formats
