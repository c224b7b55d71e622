// What the fuzzers of workbooks share: a file is read to its end or refused, and what is given
// keeps the promises of the cell layer.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sluice::spreadsheet {

// Opens the bytes as a workbook and reads every sheet, within small limits.
void ReadWorkbook(std::string_view bytes);

// A zip file of these parts, not packed.
std::string StoredZip(const std::vector<std::pair<std::string, std::string_view>>& parts);

// The pieces of `data` between its NUL bytes, at most `most`.
std::vector<std::string_view> Pieces(std::string_view data, size_t most);

}  // namespace sluice::spreadsheet
