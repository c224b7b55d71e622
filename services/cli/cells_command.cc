// sluice cells FILE: the lossless cell layer as JSON lines.
#include <fmt/format.h>

#include <cstdio>
#include <optional>

#include "cli/command_line.h"
#include "common/base/json.h"
#include "common/base/status.h"
#include "common/formats/inspect.h"
#include "common/formats/open_rows.h"
#include "common/formats/unpack.h"
#include "common/spreadsheet/open_workbook.h"
#include "common/spreadsheet/refusal.h"

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

// The cells of a text file: strings, on a sheet without a name.
absl::Status TextCells(std::unique_ptr<base::ByteSource> source, const std::string& file) {
  SLUICE_ASSIGN_OR_RETURN(formats::SourceShape shape, formats::Inspect(*source, file));
  if (shape.format != formats::Format::kNdjson) shape.header_row = 0;
  SLUICE_ASSIGN_OR_RETURN(const auto rows, formats::OpenRows(std::move(source), shape));
  CellWriter writer;
  writer.SetSheet("");
  formats::RowView view;
  std::vector<spreadsheet::Cell> cells;
  while (true) {
    SLUICE_ASSIGN_OR_RETURN(const bool more, rows->Next(view));
    if (!more) break;
    cells.clear();
    for (size_t i = 0; i < view.cells.size(); ++i) {
      const std::string_view text = view.cells[i];
      if (text.empty()) continue;
      cells.push_back({static_cast<uint32_t>(i), CellType::kString, text, text, text, {}});
    }
    if (!writer.Write({static_cast<uint32_t>(view.row - 1), false, cells})) break;
  }
  writer.Flush();
  return absl::OkStatus();
}

absl::StatusOr<bool> IsWorkbook(base::ByteSource& source) {
  char head[512];
  SLUICE_RETURN_IF_ERROR(source.Seek(0));
  SLUICE_ASSIGN_OR_RETURN(const size_t got, source.Read(head, sizeof(head)));
  return spreadsheet::ContainerOf({head, got}) != spreadsheet::ContainerKind::kNone;
}

absl::Status Cells(const std::string& file, const std::string& wanted, const std::string& member) {
  SLUICE_ASSIGN_OR_RETURN(std::unique_ptr<base::ByteSource> source,
                          base::FileByteSource::Open(file));
  SLUICE_ASSIGN_OR_RETURN(formats::UnpackedFile unpacked, formats::Unpack(*source, file, member));
  if (unpacked.bytes != nullptr) source = std::move(unpacked.bytes);
  SLUICE_ASSIGN_OR_RETURN(const bool is_workbook, IsWorkbook(*source));
  if (!is_workbook) return TextCells(std::move(source), file);
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

void AddCellsCommand(CLI::App& app, CommandContext& context, VerbAction& action) {
  auto file = std::make_shared<std::string>();
  auto sheet = std::make_shared<std::string>();
  auto member = std::make_shared<std::string>();
  Verb verb(app, "cells", "What a workbook holds, cell by cell, as JSON lines");
  verb.Option("FILE", *file, "Workbook (.xlsx, .xlsm, .xls, .ods) or text file").Required();
  verb.Option("--sheet", *sheet, "Name or number (from 1) of a sheet; without it all");
  verb.Option("--member", *member, "File in a zip archive");
  verb.OnChosen([&context, &action, file, sheet, member] {
    action = [&context, file, sheet, member]() -> int {
      const absl::Status status = Cells(*file, *sheet, *member);
      if (status.ok()) return kDone;
      if (!absl::IsInvalidArgument(status)) return Report(CodeOf(status), status);
      // Refusals of workbooks know no file name, those of text files do.
      const std::string code = spreadsheet::RefusalCode(status);
      if (code.empty()) return Report(kFailed, status);
      const absl::Status refusal = base::Annotate(status, *file);
      if (!context.options.json) return Report(kFailed, refusal);
      std::string error = fmt::format("{{\"code\":\"{}\",\"message\":", code);
      base::AppendJsonString(error, base::Message(refusal));
      fmt::print(stderr, "{}}}\n", error);
      return kFailed;
    };
  });
}

}  // namespace sluice::cli
