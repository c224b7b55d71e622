#include "common/spreadsheet/ods_sheet.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "common/spreadsheet/decimal_digits.h"
#include "common/spreadsheet/iso_date.h"
#include "common/spreadsheet/refusal.h"

namespace sluice::spreadsheet {
namespace {

// A count from 1; 1 for what is none. Large ones stay large: they are bounded where they are used.
uint64_t Count(std::string_view text) {
  uint64_t count = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), count);
  if (parsed.ec == std::errc::result_out_of_range) return UINT32_MAX;
  return parsed.ec == std::errc() ? std::clamp<uint64_t>(count, 1, UINT32_MAX) : 1;
}

// What stands in a cell and is not its text.
bool IsBeside(std::string_view name) {
  return name == "annotation" || name == "frame" || name == "shapes" || name == "custom-shape" ||
         name == "detective" || name == "g" || name == "control" || name == "ruby-text" ||
         name == "note" || name == "table" || name == "event-listeners";
}

std::string_view ValueName(std::string_view kind) {
  if (kind == "date") return "office:date-value";
  if (kind == "time") return "office:time-value";
  if (kind == "boolean") return "office:boolean-value";
  return kind == "string" ? "office:string-value" : "office:value";
}

}  // namespace

OdsSheet::OdsSheet(std::shared_ptr<OdsContent> content, const Limits& limits, uint64_t given_max)
    : content_(std::move(content)),
      xml_(content_->xml),
      limits_(limits),
      given_max_(given_max),
      builder_(formats_, Epoch::k1900) {}

bool OdsSheet::Fail(absl::Status status) {
  status_ = std::move(status);
  return false;
}

absl::Status OdsSheet::Find(size_t index) {
  while (true) {
    const XmlEvent event = xml_.Next();
    if (event == XmlEvent::kError) return xml_.status();
    if (event == XmlEvent::kDone) {
      return Refuse(Refusal::kCorrupt, "a sheet is not where it was before");
    }
    if (event == XmlEvent::kStart && xml_.name() == "table" && xml_.depth() == kTableDepth &&
        content_->tables++ == index) {
      return absl::OkStatus();
    }
  }
}

absl::StatusOr<bool> OdsSheet::Next(Row& row) {
  if (!status_.ok()) return status_;
  while (row_repeats_ == 0) {
    if (ended_) return false;
    switch (xml_.Next()) {
      case XmlEvent::kStart:
        if (xml_.name() == "table-row") {
          if (!ReadRow()) return status_;
        } else if (IsBeside(xml_.name()) && !xml_.SkipElement()) {
          return xml_.status();
        }
        break;
      case XmlEvent::kEnd:
        ended_ = xml_.depth() < kTableDepth;
        break;
      case XmlEvent::kText:
        break;
      default:
        status_ = xml_.status();
        return status_;
    }
  }
  if (next_row_ >= limits_.rows) {
    return Refuse(Refusal::kTooLarge, "a row lies beyond the last");
  }
  given_bytes_ += row_bytes_;
  if (given_bytes_ > given_max_) {
    return Refuse(Refusal::kBomb, "its cells hold far more text than real ones do");
  }
  row = {static_cast<uint32_t>(next_row_), hidden_, builder_.Finish()};
  ++next_row_;
  --row_repeats_;
  return true;
}

bool OdsSheet::ReadRow() {
  builder_.Clear();
  const uint64_t before = builder_.given_bytes();
  const uint64_t repeats = Count(xml_.Attribute("number-rows-repeated"));
  const std::string_view visibility = xml_.PrefixedAttribute("table:visibility");
  hidden_ = visibility == "collapse" || visibility == "filter";
  column_ = 0;
  const size_t outside = xml_.depth() - 1;
  while (true) {
    switch (xml_.Next()) {
      case XmlEvent::kStart:
        if (xml_.name() == "table-cell" || xml_.name() == "covered-table-cell") {
          if (!ReadCell()) return false;
        } else if (!xml_.SkipElement()) {
          return Fail(xml_.status());
        }
        break;
      case XmlEvent::kEnd:
        if (xml_.depth() != outside) break;
        row_bytes_ = builder_.given_bytes() - before;
        if (builder_.empty()) {
          next_row_ += repeats;
        } else {
          row_repeats_ = repeats;
        }
        return true;
      case XmlEvent::kText:
        break;
      default:
        return Fail(xml_.status());
    }
  }
}

bool OdsSheet::ReadCell() {
  cell_repeats_ = Count(xml_.Attribute("number-columns-repeated"));
  kind_ = xml_.PrefixedAttribute("office:value-type");
  error_ = xml_.PrefixedAttribute("calcext:value-type") == "error";
  value_ = xml_.PrefixedAttribute(ValueName(kind_));
  shown_.clear();
  has_paragraph_ = false;
  const size_t outside = xml_.depth() - 1;
  while (true) {
    switch (xml_.Next()) {
      case XmlEvent::kStart:
        if (xml_.name() == "p" || xml_.name() == "h") {
          if (has_paragraph_) shown_ += '\n';
          has_paragraph_ = true;
          if (!ReadParagraph()) return false;
        } else if (IsBeside(xml_.name()) && !xml_.SkipElement()) {
          return Fail(xml_.status());
        }
        break;
      case XmlEvent::kEnd:
        if (xml_.depth() == outside) return AddCell();
        break;
      case XmlEvent::kText:
        break;
      default:
        return Fail(xml_.status());
    }
  }
}

bool OdsSheet::ReadParagraph() {
  const size_t outside = xml_.depth() - 1;
  // White space at the beginning goes, a run of it is one; what is to stay has elements of its own.
  bool space = true;
  while (true) {
    switch (xml_.Next()) {
      case XmlEvent::kStart:
        if (xml_.name() == "s") {
          const uint64_t spaces = Count(xml_.Attribute("c"));
          if (spaces > limits_.string_bytes) {
            return Fail(Refuse(Refusal::kBomb, "a text holds more spaces than real ones do"));
          }
          shown_.append(static_cast<size_t>(spaces), ' ');
          space = false;
        } else if (xml_.name() == "tab") {
          shown_ += '\t';
          space = false;
        } else if (xml_.name() == "line-break") {
          shown_ += '\n';
          space = true;
        } else if (IsBeside(xml_.name()) && !xml_.SkipElement()) {
          return Fail(xml_.status());
        }
        break;
      case XmlEvent::kText:
        for (const char c : xml_.text()) {
          const bool blank = c == ' ' || c == '\n' || c == '\t' || c == '\r';
          if (!blank || !space) shown_ += blank ? ' ' : c;
          space = blank;
        }
        break;
      case XmlEvent::kEnd:
        if (xml_.depth() == outside) return true;
        break;
      default:
        return Fail(xml_.status());
    }
    if (shown_.size() > limits_.string_bytes) {
      return Fail(Refuse(Refusal::kTooLarge, "it holds a text that is longer than the limit"));
    }
  }
}

bool OdsSheet::AddCell() {
  const uint64_t first = column_;
  column_ += cell_repeats_;
  const bool typed = !kind_.empty() && kind_ != "string";
  if (!typed && shown_.empty() && value_.empty()) return true;
  if (column_ > limits_.columns) {
    return Fail(Refuse(Refusal::kTooLarge, "a cell lies beyond the last column"));
  }
  Cell cell;
  std::string made;
  DateTime date;
  double number = 0;
  // A paragraph without a type is text, and so is a value that is not of its type. A text that is
  // given as a value is that (OpenDocument 1.3, part 3, 19.389).
  if (kind_ == "string" && !value_.empty()) shown_ = value_;
  cell.value = has_paragraph_ ? std::string_view(shown_) : std::string_view(value_);
  const auto parsed = std::from_chars(value_.data(), value_.data() + value_.size(), number);
  if (error_ || (typed && shown_.starts_with("#") && shown_.ends_with("!"))) {
    cell.type = CellType::kError;
  } else if (kind_ == "boolean") {
    cell.type = CellType::kBoolean;
    cell.value = value_ == "true" ? "true" : "false";
    if (!has_paragraph_) shown_ = value_ == "true" ? "TRUE" : "FALSE";
  } else if (kind_ == "date" && ParseIsoDate(value_, date, cell.type)) {
    cell.type = CellType::kDate;
    AppendDate(date, made);
    cell.value = made;
  } else if (kind_ == "time" && ParseIsoDuration(value_).has_value()) {
    const double seconds = ParseIsoDuration(value_).value_or(0);
    const auto time = FromSerial(seconds / 86'400, Epoch::k1904);
    if (time.has_value() && time->day == 1 && seconds < 86'400) {
      cell.type = CellType::kTime;
      AppendTime(*time, made);
    } else {
      cell.type = CellType::kDuration;
      AppendShortest(seconds, made);
    }
    cell.value = made;
  } else if (typed && kind_ != "date" && kind_ != "time" && parsed.ec == std::errc() &&
             std::isfinite(number)) {
    cell.type = CellType::kNumber;
    AppendShortest(number == 0 ? 0 : number, made);
    cell.value = made;
    if (!has_paragraph_) AppendGeneral(number, shown_);
  }
  if (cell.value.empty()) return true;
  if (shown_.empty()) shown_ = cell.value;
  cell.text = shown_;
  cell.raw = value_.empty() ? cell.value : std::string_view(value_);
  for (uint64_t i = 0; i < cell_repeats_; ++i) {
    cell.column = static_cast<uint32_t>(first + i);
    builder_.AddCell(cell);
    if (builder_.given_bytes() > given_max_) {
      return Fail(Refuse(Refusal::kBomb, "its cells hold far more text than real ones do"));
    }
  }
  return true;
}

}  // namespace sluice::spreadsheet
