#include "common/spreadsheet/xls_sheet.h"

#include <cstring>

#include "common/base/status.h"
#include "common/spreadsheet/little_endian.h"
#include "common/spreadsheet/refusal.h"

namespace sluice::spreadsheet {
namespace {

constexpr size_t kRowsMax = 65'536;
// Numbers that formulas had in BIFF 3 and 4, and that some writers still use.
constexpr uint16_t kFormula3 = 0x0206;
constexpr uint16_t kFormula4 = 0x0406;

// [MS-XLS] 2.5.122: a number in 30 bits, perhaps times 100.
double ShortNumber(uint32_t bits) {
  double value = 0;
  if ((bits & 2) != 0) {
    value = static_cast<double>(static_cast<int32_t>(bits) >> 2);
  } else {
    const uint64_t wide = static_cast<uint64_t>(bits & 0xFFFFFFFC) << 32;
    std::memcpy(&value, &wide, sizeof(value));
  }
  return (bits & 1) != 0 ? value / 100 : value;
}

std::string_view ErrorText(uint8_t code) {
  switch (code) {
    case 0x00:
      return "#NULL!";
    case 0x07:
      return "#DIV/0!";
    case 0x0F:
      return "#VALUE!";
    case 0x17:
      return "#REF!";
    case 0x1D:
      return "#NAME?";
    case 0x24:
      return "#NUM!";
    case 0x2B:
      return "#GETTING_DATA";
    default:
      return "#N/A";
  }
}

bool IsCell(uint16_t type) {
  switch (type) {
    case biff::kFormula:
    case kFormula3:
    case kFormula4:
    case biff::kManyNumbers:
    case biff::kRichLabel:
    case biff::kSharedLabel:
    case biff::kNumber:
    case biff::kLabel:
    case biff::kBoolean:
    case biff::kShortNumber:
      return true;
    default:
      return false;
  }
}

}  // namespace

XlsSheet::XlsSheet(const XlsContext& context)
    : context_(context), builder_(context.formats, context.epoch), hidden_(kRowsMax) {}

absl::StatusOr<bool> XlsSheet::NextCellRecord() {
  BiffRecords& records = context_.records;
  while (!ended_) {
    SLUICE_ASSIGN_OR_RETURN(const bool more, records.Next());
    if (!more) {
      ended_ = true;
      break;
    }
    if (records.type() == biff::kBegin) {
      ++inner_;
    } else if (records.type() == biff::kEnd) {
      if (inner_-- == 0) ended_ = true;
    } else if (inner_ == 0 && records.type() == biff::kRow) {
      constexpr uint16_t kHiddenFlag = 0x20;
      hidden_[U16(records.data(), 0)] = (U16(records.data(), 12) & kHiddenFlag) != 0;
    } else if (inner_ == 0 && IsCell(records.type())) {
      return true;
    }
  }
  return false;
}

absl::StatusOr<bool> XlsSheet::Next(Row& row) {
  builder_.Clear();
  while (true) {
    if (!waiting_) {
      SLUICE_ASSIGN_OR_RETURN(const bool more, NextCellRecord());
      if (!more) break;
    }
    const uint32_t number = U16(context_.records.data(), 0);
    waiting_ = !builder_.empty() && number != row.row;
    if (waiting_) break;
    row.row = number;
    SLUICE_RETURN_IF_ERROR(ReadCells());
  }
  if (builder_.empty()) return false;
  row.hidden = hidden_[row.row];
  row.cells = builder_.Finish();
  if (builder_.given_bytes() > context_.given_max) {
    return Refuse(Refusal::kBomb, "its cells hold far more text than real ones do");
  }
  return true;
}

absl::Status XlsSheet::ReadCells() {
  const std::string_view data = context_.records.data();
  const uint32_t column = U16(data, 2);
  const uint32_t style = U16(data, 4);
  switch (context_.records.type()) {
    case biff::kNumber:
      if (data.size() >= 14) builder_.AddDouble(column, F64(data, 6), style);
      return absl::OkStatus();
    case biff::kShortNumber:
      if (data.size() >= 10) builder_.AddDouble(column, ShortNumber(U32(data, 6)), style);
      return absl::OkStatus();
    case biff::kManyNumbers:
      ReadMany();
      return absl::OkStatus();
    case biff::kBoolean:
      if (U8(data, 7) != 0) {
        builder_.AddError(column, ErrorText(U8(data, 6)), style);
      } else {
        builder_.AddBoolean(column, U8(data, 6) != 0, style);
      }
      return absl::OkStatus();
    case biff::kSharedLabel:
      return ReadShared();
    case biff::kFormula:
    case kFormula3:
    case kFormula4:
      return ReadFormula();
    default:
      return ReadLabel();
  }
}

void XlsSheet::ReadMany() {
  const std::string_view data = context_.records.data();
  uint32_t column = U16(data, 2);
  for (size_t at = 4; at + 8 <= data.size(); at += 6) {
    builder_.AddDouble(column++, ShortNumber(U32(data, at + 2)), U16(data, at));
  }
}

absl::Status XlsSheet::ReadShared() {
  const std::string_view data = context_.records.data();
  const uint32_t index = U32(data, 6);
  if (index >= context_.strings.size()) {
    return Refuse(Refusal::kCorrupt, "a cell names a string that is not in the workbook");
  }
  bool lasting = false;
  SLUICE_ASSIGN_OR_RETURN(const std::string_view text, context_.strings.Get(index, lasting));
  if (lasting) {
    builder_.AddLastingString(U16(data, 2), text, U16(data, 4));
  } else {
    builder_.AddString(U16(data, 2), text, U16(data, 4));
  }
  return absl::OkStatus();
}

absl::Status XlsSheet::AddText(uint32_t column, uint32_t style, size_t at) {
  const uint32_t length = U16(context_.records.data(), at);
  text_.clear();
  BiffText text(context_.records, at + 2);
  if (context_.unicode) {
    text.ReadUnicode(length, text_);
  } else {
    std::string bytes;
    text.ReadBytes(length, bytes);
    context_.code_page.Append(bytes, text_);
  }
  builder_.AddString(column, text_, style);
  return text.status();
}

absl::Status XlsSheet::ReadLabel() {
  const uint32_t column = U16(context_.records.data(), 2);
  const uint32_t style = U16(context_.records.data(), 4);
  return AddText(column, style, 6);
}

absl::Status XlsSheet::ReadFormula() {
  BiffRecords& records = context_.records;
  const uint32_t row = U16(records.data(), 0);
  const uint32_t column = U16(records.data(), 2);
  const uint32_t style = U16(records.data(), 4);
  if (records.data().size() < 14) return absl::OkStatus();
  if (U16(records.data(), 12) != 0xFFFF) {
    builder_.AddDouble(column, F64(records.data(), 6), style);
    return absl::OkStatus();
  }
  const uint8_t kind = U8(records.data(), 6);
  const uint8_t value = U8(records.data(), 8);
  if (kind == 1) builder_.AddBoolean(column, value != 0, style);
  if (kind == 2) builder_.AddError(column, ErrorText(value), style);
  if (kind != 0) return absl::OkStatus();
  // The text follows, perhaps behind a formula that several cells share.
  while (true) {
    SLUICE_ASSIGN_OR_RETURN(const bool more, records.Next());
    if (!more) return absl::OkStatus();
    if (records.type() == biff::kString) break;
    if (IsCell(records.type()) || records.type() == biff::kEnd) {
      // No text after all: the record is the next one to be read.
      waiting_ = records.type() != biff::kEnd && U16(records.data(), 0) != row;
      if (records.type() == biff::kEnd) ended_ = true;
      if (!ended_ && !waiting_) return ReadCells();
      return absl::OkStatus();
    }
  }
  return AddText(column, style, 0);
}

}  // namespace sluice::spreadsheet
