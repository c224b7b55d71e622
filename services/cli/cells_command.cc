// sluice cells FILE: the lossless cell layer as JSON lines.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <optional>

#include "cli/command_line.h"
#include "common/base/json.h"
#include "common/base/status.h"
#include "common/spreadsheet/open_workbook.h"

namespace sluice::cli {
namespace {

using spreadsheet::CellType;

constexpr size_t kBlock = size_t{256} * 1024;

// Cells on stdout, written in blocks.
class CellWriter {
 public:
  CellWriter() { out_.reserve(kBlock + 4096); }

  void SetSheet(std::string_view name) {
    opening_ = "{\"sheet\":";
    base::AppendJsonString(opening_, name);
  }
  // False when nobody takes it any more.
  bool Write(const spreadsheet::Row& row) {
    for (const spreadsheet::Cell& cell : row.cells) {
      out_ += opening_;
      fmt::format_to(std::back_inserter(out_),
                     ",\"row\":{},\"col\":{},\"type\":\"{}\",\"value\":", row.row, cell.column,
                     Name(cell.type));
      const bool bare = cell.type == CellType::kNumber || cell.type == CellType::kDuration ||
                        cell.type == CellType::kBoolean;
      if (bare) {
        out_ += cell.value;
      } else {
        base::AppendJsonString(out_, cell.value);
      }
      out_ += ",\"text\":";
      base::AppendJsonString(out_, cell.text);
      out_ += "}\n";
      if (out_.size() >= kBlock && !Flush()) return false;
    }
    return true;
  }
  bool Flush() {
    const bool written = std::fwrite(out_.data(), 1, out_.size(), stdout) == out_.size();
    out_.clear();
    return written;
  }

 private:
  std::string opening_;
  std::string out_;
};

absl::Status Cells(const std::string& file, const std::string& wanted) {
  SLUICE_ASSIGN_OR_RETURN(auto source, base::FileByteSource::Open(file));
  SLUICE_ASSIGN_OR_RETURN(const auto workbook, spreadsheet::OpenWorkbook(std::move(source)));
  SLUICE_ASSIGN_OR_RETURN(const std::optional<size_t> only,
                          spreadsheet::FindSheet(workbook->sheets(), wanted));
  CellWriter writer;
  for (size_t i = 0; i < workbook->sheets().size(); ++i) {
    if (only.has_value() && *only != i) continue;
    SLUICE_ASSIGN_OR_RETURN(const auto reader, workbook->OpenSheet(i));
    writer.SetSheet(workbook->sheets()[i].name);
    spreadsheet::Row row;
    while (true) {
      SLUICE_ASSIGN_OR_RETURN(const bool more, reader->Next(row));
      if (!more) break;
      if (!writer.Write(row)) return absl::OkStatus();
    }
  }
  writer.Flush();
  return absl::OkStatus();
}

}  // namespace

void AddCellsCommand(CLI::App& app, CommandContext&, VerbAction& action) {
  auto file = std::make_shared<std::string>();
  auto sheet = std::make_shared<std::string>();
  CLI::App* verb =
      app.add_subcommand("cells", "What a workbook holds, cell by cell, as JSON lines");
  verb->add_option("FILE", *file, "Workbook (.xlsx, .xlsm, .xls, .ods)")->required();
  verb->add_option("--sheet", *sheet, "Name or number (from 1) of a sheet; without it all");
  verb->callback([&action, file, sheet] {
    action = [file, sheet]() -> int {
      const absl::Status status = Cells(*file, *sheet);
      if (status.ok()) return kDone;
      if (!absl::IsInvalidArgument(status)) return Report(CodeOf(status), status);
      return Report(kFailed, fmt::format("{}: {}", *file, base::Message(status)));
    };
  });
}

}  // namespace sluice::cli
