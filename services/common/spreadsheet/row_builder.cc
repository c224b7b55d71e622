#include "common/spreadsheet/row_builder.h"

#include <fast_float/fast_float.h>

#include <algorithm>
#include <cmath>

#include "common/spreadsheet/decimal_digits.h"
#include "common/spreadsheet/iso_date.h"
#include "common/spreadsheet/xml_characters.h"

namespace sluice::spreadsheet {
namespace {

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}

// A whole number that General shows just as it is written.
bool IsPlainWhole(std::string_view raw) {
  if (raw.empty() || raw.size() > 11 || (raw[0] == '0' && raw.size() > 1)) return false;
  return std::all_of(raw.begin(), raw.end(), IsDigit);
}

// A decimal that General shows just as it is written, and that is its own shortest form: up to 11
// characters hold fewer digits than a double keeps apart.
bool IsPlainDecimal(std::string_view raw) {
  const size_t point = raw.find('.');
  if (raw.size() > 11 || point == std::string_view::npos || point == 0) return false;
  if (raw.back() == '0' || raw.back() == '.' || raw.starts_with("0.000")) return false;
  if (raw[0] == '0' && point > 1) return false;
  const std::string_view whole = raw.substr(0, point);
  const std::string_view rest = raw.substr(point + 1);
  return std::all_of(whole.begin(), whole.end(), IsDigit) &&
         std::all_of(rest.begin(), rest.end(), IsDigit);
}

// The number a text is from end to end.
bool ParseNumber(std::string_view text, double& value) {
  if (text.starts_with('+')) text.remove_prefix(1);
  const auto parsed = fast_float::from_chars(text.data(), text.data() + text.size(), value);
  return parsed.ec == std::errc() && parsed.ptr == text.data() + text.size() &&
         std::isfinite(value);
}

}  // namespace

std::string_view Name(CellType type) {
  switch (type) {
    case CellType::kString:
      return "string";
    case CellType::kNumber:
      return "number";
    case CellType::kBoolean:
      return "boolean";
    case CellType::kDate:
      return "date";
    case CellType::kTime:
      return "time";
    case CellType::kDuration:
      return "duration";
    case CellType::kError:
      return "error";
  }
  return "string";
}

void RowBuilder::Clear() {
  cells_.clear();
  arena_.Clear();
  sorted_ = true;
}

void RowBuilder::Add(const Cell& cell) {
  if (!cells_.empty() && cells_.back().column >= cell.column) sorted_ = false;
  given_bytes_ += cell.value.size() + cell.text.size() + 16;
  cells_.push_back(cell);
}

std::span<const Cell> RowBuilder::Finish() {
  if (!sorted_) {
    std::stable_sort(cells_.begin(), cells_.end(),
                     [](const Cell& a, const Cell& b) { return a.column < b.column; });
    size_t kept = 0;
    for (size_t i = 0; i < cells_.size(); ++i) {
      if (i + 1 < cells_.size() && cells_[i + 1].column == cells_[i].column) continue;
      cells_[kept++] = cells_[i];
    }
    cells_.resize(kept);
    sorted_ = true;
  }
  return cells_;
}

void RowBuilder::AddLastingString(uint32_t column, std::string_view text, uint32_t style) {
  if (text.empty()) return;
  const NumberFormat& format = formats_.Of(style);
  Cell cell{column, CellType::kString, text, text, text, format.code()};
  if (!format.plain_text()) {
    scratch_.clear();
    format.AppendText(text, scratch_);
    cell.text = arena_.Add(scratch_);
  }
  Add(cell);
}

void RowBuilder::AddString(uint32_t column, std::string_view text, uint32_t style) {
  AddLastingString(column, arena_.Add(text), style);
}

void RowBuilder::AddNumber(uint32_t column, std::string_view raw, uint32_t style) {
  const NumberFormat& format = formats_.Of(style);
  if ((format.plain_whole() && IsPlainWhole(raw)) || (format.general() && IsPlainDecimal(raw))) {
    const std::string_view kept = arena_.Add(raw);
    Add({column, CellType::kNumber, kept, kept, kept, format.code()});
    return;
  }
  double value = 0;
  const std::string_view bare = WithoutSpace(raw);
  if (bare.empty()) return;
  if (!ParseNumber(bare, value)) {
    AddString(column, raw, style);
    return;
  }
  AddValue(column, value, arena_.Add(bare), style);
}

void RowBuilder::AddDouble(uint32_t column, double value, uint32_t style) {
  if (!std::isfinite(value)) {
    AddError(column, "#NUM!", style);
    return;
  }
  scratch_.clear();
  AppendShortest(value, scratch_);
  AddValue(column, value, arena_.Add(scratch_), style);
}

void RowBuilder::AddValue(uint32_t column, double value, std::string_view raw, uint32_t style) {
  if (value == 0) value = 0;  // No minus before a zero.
  const NumberFormat& format = formats_.Of(style);
  Cell cell{column, CellType::kNumber, {}, {}, raw, format.code()};
  const FormatKind kind = format.KindOf(value);
  const auto date = kind == FormatKind::kDate || kind == FormatKind::kTime
                        ? FromSerial(value, epoch_)
                        : std::nullopt;
  scratch_.clear();
  if (kind == FormatKind::kDuration && std::fabs(value) < 1e10) {
    cell.type = CellType::kDuration;
    AppendShortest(std::round(value * 86'400'000) / 1000, scratch_);
  } else if (date.has_value() && (kind == FormatKind::kTime || epoch_ == Epoch::k1900) &&
             value * 86'400 < 86'399.9995) {
    // Day 0 of the 1900 system is no date.
    cell.type = CellType::kTime;
    AppendTime(*date, scratch_);
  } else if (date.has_value()) {
    cell.type = CellType::kDate;
    AppendDate(*date, scratch_);
  } else {
    AppendShortest(value, scratch_);
  }
  cell.value = scratch_ == raw ? raw : arena_.Add(scratch_);
  scratch_.clear();
  format.AppendNumber(value, epoch_, scratch_);
  cell.text = scratch_ == cell.value ? cell.value : arena_.Add(scratch_);
  Add(cell);
}

void RowBuilder::AddBoolean(uint32_t column, bool value, uint32_t style) {
  Add({column, CellType::kBoolean, value ? "true" : "false", value ? "TRUE" : "FALSE",
       value ? "1" : "0", formats_.Of(style).code()});
}

void RowBuilder::AddError(uint32_t column, std::string_view text, uint32_t style) {
  const std::string_view kept = arena_.Add(text);
  Add({column, CellType::kError, kept, kept, kept, formats_.Of(style).code()});
}

void RowBuilder::AddIsoDate(uint32_t column, std::string_view text, uint32_t style) {
  const std::string_view raw = arena_.Add(WithoutSpace(text));
  DateTime date;
  CellType type = CellType::kDate;
  if (!ParseIsoDate(raw, date, type)) {
    AddString(column, text, style);
    return;
  }
  scratch_.clear();
  type == CellType::kDate ? AppendDate(date, scratch_) : AppendTime(date, scratch_);
  const std::string_view value = arena_.Add(scratch_);
  Cell cell{column, type, value, value, raw, formats_.Of(style).code()};
  const auto serial = ToSerial(date, type, epoch_);
  const NumberFormat& format = formats_.Of(style);
  if (serial.has_value() && format.KindOf(*serial) != FormatKind::kNumber) {
    scratch_.clear();
    format.AppendNumber(*serial, epoch_, scratch_);
    cell.text = arena_.Add(scratch_);
  }
  Add(cell);
}

void RowBuilder::AddCell(const Cell& cell) {
  Cell kept = cell;
  kept.value = arena_.Add(cell.value);
  kept.text = cell.text == cell.value ? kept.value : arena_.Add(cell.text);
  kept.raw = cell.raw == cell.value ? kept.value : arena_.Add(cell.raw);
  Add(kept);
}

}  // namespace sluice::spreadsheet
