#include "common/spreadsheet/xlsx_sheet.h"

#include "common/spreadsheet/refusal.h"
#include "common/spreadsheet/xlsx_strings.h"
#include "common/spreadsheet/xml_characters.h"

namespace sluice::spreadsheet {
namespace {

// A number of digits only, up to nine of them; false for anything else.
bool ParseCount(std::string_view text, uint32_t& value) {
  if (text.empty() || text.size() > 9) return false;
  value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return false;
    value = value * 10 + static_cast<uint32_t>(c - '0');
  }
  return true;
}

}  // namespace

bool ParseCellName(std::string_view name, uint32_t& column, uint32_t& row) {
  size_t at = 0;
  uint32_t letters = 0;
  for (; at < name.size() && at < 4; ++at) {
    char c = name[at];
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
    if (c < 'A' || c > 'Z') break;
    letters = letters * 26 + static_cast<uint32_t>(c - 'A' + 1);
  }
  uint32_t number = 0;
  if (letters == 0 || !ParseCount(name.substr(at), number) || number == 0) return false;
  column = letters - 1;
  row = number - 1;
  return true;
}

XlsxSheet::XlsxSheet(std::unique_ptr<ByteStream> text, const Limits& limits,
                     const FormatTable& formats, Epoch epoch, SharedStrings& strings,
                     uint64_t given_max)
    : text_(std::move(text)),
      limits_(limits),
      xml_(*text_, limits),
      builder_(formats, epoch),
      strings_(strings),
      given_max_(given_max) {}

bool XlsxSheet::Fail(absl::Status status) {
  status_ = std::move(status);
  return false;
}

absl::StatusOr<bool> XlsxSheet::Next(Row& row) {
  if (!status_.ok()) return status_;
  while (!done_) {
    switch (xml_.Next()) {
      case XmlEvent::kStart:
        if (xml_.depth() == 1 && xml_.name() != "worksheet") {
          return Refuse(Refusal::kCorrupt, "the part of a worksheet holds something else");
        }
        if (xml_.name() == "sheetData" && xml_.depth() == 2) in_data_ = true;
        if (!in_data_ || xml_.name() != "row") break;
        if (!ReadRow()) return status_;
        if (builder_.empty()) break;
        row = {row_, hidden_, builder_.Finish(), uncomputed_};
        if (builder_.given_bytes() > given_max_) {
          status_ = Refuse(Refusal::kBomb, "its cells hold far more text than real ones do");
          return status_;
        }
        return true;
      case XmlEvent::kEnd:
        if (xml_.name() == "sheetData" && xml_.depth() == 1) in_data_ = false;
        break;
      case XmlEvent::kText:
        break;
      case XmlEvent::kDone:
        done_ = true;
        // Who reads a sheet to its end learns of damage in all that it is made of.
        status_ = strings_.ReadAll();
        if (!status_.ok()) return status_;
        break;
      case XmlEvent::kError:
        status_ = xml_.status();
        return status_;
    }
  }
  return false;
}

bool XlsxSheet::ReadRow() {
  builder_.Clear();
  uncomputed_.clear();
  uint32_t number = 0;
  row_ = ParseCount(xml_.Attribute("r"), number) && number > 0 ? number - 1 : next_row_;
  if (row_ >= limits_.rows) return Fail(Refuse(Refusal::kTooLarge, "a row lies beyond the last"));
  next_row_ = row_ + 1;
  next_column_ = 0;
  const std::string_view hidden = xml_.Attribute("hidden");
  hidden_ = hidden == "1" || hidden == "true";
  const size_t outside = xml_.depth() - 1;
  while (true) {
    switch (xml_.Next()) {
      case XmlEvent::kStart:
        if (xml_.name() == "c") {
          if (!ReadCell()) return false;
        } else if (!xml_.SkipElement()) {
          return Fail(xml_.status());
        }
        break;
      case XmlEvent::kEnd:
        if (xml_.depth() == outside) return true;
        break;
      case XmlEvent::kText:
        break;
      default:
        return Fail(xml_.status());
    }
  }
}

bool XlsxSheet::ReadCell() {
  uint32_t row = 0;
  if (!ParseCellName(xml_.Attribute("r"), column_, row)) column_ = next_column_;
  if (column_ >= limits_.columns) {
    return Fail(Refuse(Refusal::kTooLarge, "a cell lies beyond the last column"));
  }
  next_column_ = column_ + 1;
  uint32_t style = 0;
  if (!ParseCount(xml_.Attribute("s"), style)) style = 0;
  const std::string_view type = xml_.Attribute("t");
  CellKind kind = CellKind::kNumber;
  if (type == "s") kind = CellKind::kShared;
  if (type == "str") kind = CellKind::kFormula;
  if (type == "inlineStr") kind = CellKind::kInline;
  if (type == "b") kind = CellKind::kBoolean;
  if (type == "e") kind = CellKind::kError;
  if (type == "d") kind = CellKind::kDate;
  value_.clear();
  inline_text_.clear();
  has_inline_ = false;
  has_formula_ = false;
  const size_t outside = xml_.depth() - 1;
  while (true) {
    switch (xml_.Next()) {
      case XmlEvent::kStart:
        if (xml_.name() == "v") {
          if (!ReadValue()) return false;
        } else if (xml_.name() == "is") {
          has_inline_ = true;
          if (!ReadRichText(xml_, limits_, inline_text_, status_)) return false;
        } else {
          has_formula_ = has_formula_ || xml_.name() == "f";
          if (!xml_.SkipElement()) return Fail(xml_.status());
        }
        break;
      case XmlEvent::kEnd:
        if (xml_.depth() == outside) return AddCell(kind, style);
        break;
      case XmlEvent::kText:
        break;
      default:
        return Fail(xml_.status());
    }
  }
}

// The text of <v>, whose start was the last event.
bool XlsxSheet::ReadValue() {
  const size_t outside = xml_.depth() - 1;
  while (true) {
    switch (xml_.Next()) {
      case XmlEvent::kText:
        if (value_.size() + xml_.text().size() > limits_.string_bytes) {
          return Fail(Refuse(Refusal::kTooLarge, "it holds a text that is longer than the limit"));
        }
        value_ += xml_.text();
        break;
      case XmlEvent::kStart:
        break;
      case XmlEvent::kEnd:
        if (xml_.depth() == outside) return true;
        break;
      default:
        return Fail(xml_.status());
    }
  }
}

bool XlsxSheet::AddCell(CellKind kind, uint32_t style) {
  if (has_inline_ && (kind == CellKind::kInline || value_.empty())) {
    builder_.AddString(column_, inline_text_, style);
    return true;
  }
  if (value_.empty()) {
    // A result that is an empty text has its type.
    if (has_formula_ && kind == CellKind::kNumber) uncomputed_.push_back(column_);
    return true;
  }
  switch (kind) {
    case CellKind::kNumber:
      builder_.AddNumber(column_, value_, style);
      return true;
    case CellKind::kShared:
      return AddShared(style);
    case CellKind::kFormula:
    case CellKind::kInline: {
      std::string plain;
      AppendUnescaped(value_, plain);
      builder_.AddString(column_, plain, style);
      return true;
    }
    case CellKind::kBoolean: {
      const std::string_view word = WithoutSpace(value_);
      builder_.AddBoolean(column_, word == "1" || word == "true" || word == "TRUE", style);
      return true;
    }
    case CellKind::kError:
      builder_.AddError(column_, WithoutSpace(value_), style);
      return true;
    case CellKind::kDate:
      builder_.AddIsoDate(column_, value_, style);
      return true;
  }
  return true;
}

bool XlsxSheet::AddShared(uint32_t style) {
  uint32_t index = 0;
  if (!ParseCount(WithoutSpace(value_), index)) {
    return Fail(Refuse(Refusal::kCorrupt, "a cell names a string that is not in the workbook"));
  }
  bool lasting = false;
  const auto text = strings_.Get(index, lasting);
  if (!text.ok()) return Fail(text.status());
  if (lasting) {
    builder_.AddLastingString(column_, *text, style);
  } else {
    builder_.AddString(column_, *text, style);
  }
  return true;
}

}  // namespace sluice::spreadsheet
