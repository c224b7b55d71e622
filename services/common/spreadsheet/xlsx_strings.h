// Strings of .xlsx: the shared ones, and the rules that all of them share.
#pragma once

#include <string>
#include <string_view>

#include "common/spreadsheet/string_table.h"
#include "common/spreadsheet/xml_scanner.h"

namespace sluice::spreadsheet {

// Appends `text` with its escapes `_xHHHH_` resolved (ECMA-376 part 1, 22.9.2.19).
void AppendUnescaped(std::string_view text, std::string& out);

// Reads a string element (si or is), whose start was the last event, to its end: all runs, without
// phonetic ones. False after an error, which is in `status`.
bool ReadRichText(XmlScanner& xml, const Limits& limits, std::string& out, absl::Status& status);

// Reads the part of shared strings.
absl::Status ReadSharedStrings(ByteStream& part, const Limits& limits, StringTable& strings);

}  // namespace sluice::spreadsheet
