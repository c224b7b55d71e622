#include "common/spreadsheet/workbook_writer.h"

#include <fmt/format.h>
#include <xlsxwriter.h>

#include <algorithm>
#include <array>
#include <cstddef>

namespace sluice::spreadsheet {
namespace {

constexpr size_t kTextUnitsMax = 32'767;
constexpr size_t kListCharactersMax = 255;
constexpr size_t kPromptTitleMax = 32;
constexpr size_t kPromptTextMax = 255;

// Code units of UTF-16 that the bytes up to here take: four bytes of UTF-8 are two.
size_t Utf16Units(std::string_view text, size_t units_max, size_t& bytes) {
  size_t units = 0;
  for (bytes = 0; bytes < text.size();) {
    const auto lead = static_cast<unsigned char>(text[bytes]);
    const size_t length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    const size_t taken = length == 4 ? 2 : 1;
    if (units + taken > units_max || bytes + length > text.size()) break;
    units += taken;
    bytes += length;
  }
  return units;
}

bool IsHex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

// "_x000D_" as text: readers take it for a character (ECMA-376, 22.9.2.19), and the library leaves
// it in texts that stand in their cell.
void EscapeEscapes(std::string& text) {
  constexpr size_t kLength = 7;
  for (size_t at = text.find("_x"); at != std::string::npos; at = text.find("_x", at + 1)) {
    if (at + kLength > text.size() || text[at + kLength - 1] != '_') continue;
    if (!std::all_of(text.begin() + static_cast<std::ptrdiff_t>(at) + 2,
                     text.begin() + static_cast<std::ptrdiff_t>(at + kLength - 1), IsHex)) {
      continue;
    }
    text.insert(at, "_x005F");
    at += kLength - 1;
  }
}

std::string Cut(std::string_view text, size_t units_max) {
  size_t bytes = 0;
  Utf16Units(text, units_max, bytes);
  return std::string(text.substr(0, bytes));
}

}  // namespace

struct WorkbookWriter::Book {
  lxw_workbook* workbook = nullptr;
  lxw_worksheet* sheet = nullptr;
  std::array<lxw_format*, 5> formats{};
};

WorkbookWriter::WorkbookWriter(const std::string& path)
    : path_(path), book_(std::make_unique<Book>()) {
  lxw_workbook_options options{};
  options.constant_memory = LXW_TRUE;
  book_->workbook = workbook_new_opt(path.c_str(), &options);
  if (book_->workbook == nullptr) return;
  const auto format = [&](CellStyle style, lxw_color_t fill) {
    lxw_format* const made = workbook_add_format(book_->workbook);
    // Text: what a person types into the cell stays as it is typed.
    format_set_num_format(made, "@");
    if (fill != LXW_COLOR_UNSET) format_set_bg_color(made, fill);
    book_->formats[static_cast<size_t>(style)] = made;
    return made;
  };
  format(CellStyle::kPlain, LXW_COLOR_UNSET);
  format_set_bold(format(CellStyle::kHeader, 0xe8eef7));
  format_set_text_wrap(format(CellStyle::kNote, 0xf7f7f7));
  format(CellStyle::kRejected, 0xf4b6b6);
  format(CellStyle::kWarned, 0xfde9a9);
}

WorkbookWriter::~WorkbookWriter() {
  // Writes what there is; nobody asked whether it could.
  if (book_->workbook != nullptr) workbook_close(book_->workbook);
}

absl::Status WorkbookWriter::AddSheet(const std::string& name, std::span<const double> widths) {
  if (book_->workbook == nullptr) return absl::ResourceExhaustedError("no memory for a workbook");
  if (workbook_validate_sheet_name(book_->workbook, name.c_str()) != LXW_NO_ERROR) {
    return absl::InvalidArgumentError(fmt::format("'{}' cannot be the name of a sheet", name));
  }
  book_->sheet = workbook_add_worksheet(book_->workbook, name.c_str());
  if (book_->sheet == nullptr) return absl::ResourceExhaustedError("no memory for a sheet");
  worksheet_freeze_panes(book_->sheet, 1, 0);
  lxw_format* const plain = book_->formats[static_cast<size_t>(CellStyle::kPlain)];
  for (size_t i = 0; i < widths.size() && i < kSheetColumnsMax; ++i) {
    const auto column = static_cast<lxw_col_t>(i);
    worksheet_set_column(book_->sheet, column, column, widths[i], plain);
  }
  row_ = 0;
  return absl::OkStatus();
}

absl::Status WorkbookWriter::AddRow(std::span<const WrittenCell> cells) {
  if (row_ >= kSheetRowsMax || cells.size() > kSheetColumnsMax) {
    return absl::OutOfRangeError(
        fmt::format("a sheet holds {} rows of {} columns", kSheetRowsMax, kSheetColumnsMax));
  }
  for (size_t i = 0; i < cells.size(); ++i) {
    lxw_format* const format = book_->formats[static_cast<size_t>(cells[i].style)];
    const auto column = static_cast<lxw_col_t>(i);
    text_ = cells[i].text;
    // A text cannot hold it, and it would end it for the library.
    std::erase(text_, '\0');
    EscapeEscapes(text_);
    if (text_.size() > kTextUnitsMax) text_ = Cut(text_, kTextUnitsMax);
    const lxw_error error =
        text_.empty() ? worksheet_write_blank(book_->sheet, row_, column, format)
                      : worksheet_write_string(book_->sheet, row_, column, text_.c_str(), format);
    if (error != LXW_NO_ERROR) {
      return absl::InternalError(fmt::format("cannot write a cell: {}", lxw_strerror(error)));
    }
  }
  ++row_;
  return absl::OkStatus();
}

void WorkbookWriter::Guide(uint16_t column, const std::string& title, const std::string& text,
                           const std::vector<std::string>& values) {
  std::string short_title = Cut(title, kPromptTitleMax);
  std::string short_text = Cut(text, kPromptTextMax);
  // The library only reads them, but does not say so.
  std::vector<std::string> offered;
  size_t characters = 0;
  for (const std::string& value : values) {
    // In a list a comma divides two values.
    if (value.find(',') != std::string::npos || value.empty()) continue;
    size_t bytes = 0;
    characters += Utf16Units(value, value.size(), bytes) + 1;
    if (characters > kListCharactersMax) break;
    offered.push_back(value);
  }
  lxw_data_validation validation{};
  std::vector<char*> list;
  for (std::string& value : offered) list.push_back(value.data());
  validation.validate = list.empty() ? LXW_VALIDATION_TYPE_ANY : LXW_VALIDATION_TYPE_LIST;
  list.push_back(nullptr);
  validation.value_list = list.data();
  // A warning only: the dataset decides.
  validation.error_type = LXW_VALIDATION_ERROR_TYPE_WARNING;
  validation.input_title = short_title.data();
  validation.input_message = short_text.data();
  worksheet_data_validation_range(book_->sheet, 1, column, kSheetRowsMax - 1, column, &validation);
}

absl::Status WorkbookWriter::Finish() {
  lxw_workbook* const workbook = book_->workbook;
  if (workbook == nullptr) return absl::ResourceExhaustedError("no memory for a workbook");
  book_->workbook = nullptr;
  const lxw_error error = workbook_close(workbook);
  if (error == LXW_NO_ERROR) return absl::OkStatus();
  return absl::UnavailableError(
      fmt::format("cannot write the workbook {}: {}", path_, lxw_strerror(error)));
}

}  // namespace sluice::spreadsheet
