// Strings of .xlsx: the shared ones, and the rules that all of them share.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "common/spreadsheet/byte_stream.h"
#include "common/spreadsheet/string_table.h"
#include "common/spreadsheet/xml_scanner.h"

namespace sluice::spreadsheet {

// Appends `text` with its escapes `_xHHHH_` resolved (ECMA-376 part 1, 22.9.2.19).
void AppendUnescaped(std::string_view text, std::string& out);

// Reads a string element (si or is), whose start was the last event, to its end: all runs, without
// phonetic ones. False after an error, which is in `status`.
bool ReadRichText(XmlScanner& xml, const Limits& limits, std::string& out, absl::Status& status);

// The part of shared strings, read as far as it is asked for: the first rows of a large sheet are
// there at once. Thread-compatible.
class SharedStrings {
 public:
  // `part`: null when the workbook has none.
  SharedStrings(std::unique_ptr<ByteStream> part, const Limits& limits);

  // The view lives as StringTable says. Refused: no such string, damage before it.
  absl::StatusOr<std::string_view> Get(uint64_t index, bool& lasting);
  // Reads to the end, so that damage behind what was asked for is met.
  absl::Status ReadAll();

 private:
  // False at the end, or after an error, which is in status_.
  bool ReadNext();

  const Limits limits_;
  const std::unique_ptr<ByteStream> part_;
  std::optional<XmlScanner> xml_;
  StringTable strings_;
  std::string text_;
  absl::Status status_;
};

}  // namespace sluice::spreadsheet
