#include "cli/table_writer.h"

#include <cstdio>

#include "common/formats/formula_guard.h"
#include "load/custom_json.h"

namespace sluice::cli {

std::optional<TableFormat> TableFormatByName(std::string_view name) {
  if (name == "jsonl") return TableFormat::kJsonLines;
  if (name == "csv") return TableFormat::kCsv;
  return std::nullopt;
}

void AppendCsvCell(std::string_view value, std::string& out) {
  const bool formula = formats::NeedsFormulaGuard(value);
  if (!formula && value.find_first_of("\",\r\n") == std::string_view::npos) {
    out += value;
    return;
  }
  out.push_back('"');
  if (formula) out.push_back('\'');
  for (const char c : value) {
    if (c == '"') out.push_back('"');
    out.push_back(c);
  }
  out.push_back('"');
}

TableWriter::TableWriter(TableFormat format, std::vector<TableColumn> columns)
    : format_(format), columns_(std::move(columns)) {
  if (format_ != TableFormat::kCsv) return;
  line_ = "\xef\xbb\xbf";
  for (size_t i = 0; i < columns_.size(); ++i) {
    if (i > 0) line_.push_back(',');
    AppendCsvCell(columns_[i].name, line_);
  }
  line_ += "\r\n";
  std::fwrite(line_.data(), 1, line_.size(), stdout);
}

void TableWriter::Write(const std::vector<std::optional<std::string>>& values) {
  line_.clear();
  if (format_ == TableFormat::kJsonLines) line_.push_back('{');
  for (size_t i = 0; i < columns_.size(); ++i) {
    if (i > 0) line_.push_back(',');
    if (format_ == TableFormat::kCsv) {
      if (values[i].has_value()) AppendCsvCell(*values[i], line_);
      continue;
    }
    load::AppendJsonString(columns_[i].name, line_);
    line_.push_back(':');
    if (!values[i].has_value()) {
      line_ += "null";
    } else if (columns_[i].raw_json) {
      line_ += *values[i];
    } else {
      load::AppendJsonString(*values[i], line_);
    }
  }
  line_ += format_ == TableFormat::kJsonLines ? "}\n" : "\r\n";
  std::fwrite(line_.data(), 1, line_.size(), stdout);
}

}  // namespace sluice::cli
