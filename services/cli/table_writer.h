// Rows for people and programs on stdout: CSV (UTF-8 with BOM, CRLF, safe against formulas) or JSON
// lines.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::cli {

enum class TableFormat { kJsonLines, kCsv };

std::optional<TableFormat> TableFormatByName(std::string_view name);

// A column's value is a JSON token when `raw_json` is set, else text.
struct TableColumn {
  std::string name;
  bool raw_json = false;
};

// Writes to stdout. Thread-compatible.
class TableWriter {
 public:
  TableWriter(TableFormat format, std::vector<TableColumn> columns);
  // One value a column; nothing = null.
  void Write(const std::vector<std::optional<std::string>>& values);

 private:
  const TableFormat format_;
  const std::vector<TableColumn> columns_;
  std::string line_;
};

// A CSV cell that no spreadsheet takes for a formula: quoted where it must be, and with the
// apostrophe of formats/formula_guard.h (OWASP), which comes off when the file is imported.
void AppendCsvCell(std::string_view value, std::string& out);

}  // namespace sluice::cli
