#include "common/spreadsheet/number_format.h"

#include <algorithm>
#include <cmath>

#include "common/spreadsheet/decimal_digits.h"

namespace sluice::spreadsheet {
namespace {

using Condition = FormatSection::Condition;

bool Holds(const FormatSection& section, double value) {
  switch (section.condition) {
    case Condition::kLess:
      return value < section.operand;
    case Condition::kLessEqual:
      return value <= section.operand;
    case Condition::kEqual:
      return value == section.operand;
    case Condition::kNotEqual:
      return value != section.operand;
    case Condition::kMore:
      return value > section.operand;
    case Condition::kMoreEqual:
      return value >= section.operand;
    case Condition::kNone:
      return true;
  }
  return true;
}

bool IsForNegatives(const FormatSection& section) {
  switch (section.condition) {
    case Condition::kLess:
      return section.operand <= 0;
    case Condition::kLessEqual:
    case Condition::kEqual:
      return section.operand < 0;
    default:
      return false;
  }
}

bool IsOnly(const FormatSection& section, FormatToken::Type type) {
  return section.tokens.size() == 1 && section.tokens[0].type == type;
}

bool IsPlainWhole(const std::vector<FormatSection>& sections) {
  const FormatSection& first = sections[0];
  const bool zero = IsOnly(first, FormatToken::Type::kDigit) && first.tokens[0].text == "0" &&
                    first.thousands == 0;
  return sections.size() == 1 && first.condition == Condition::kNone &&
         (zero || IsOnly(first, FormatToken::Type::kGeneral) ||
          IsOnly(first, FormatToken::Type::kText));
}

}  // namespace

NumberFormat::NumberFormat(std::string_view code) : code_(code), sections_(ParseFormat(code)) {
  if (sections_.size() == 1 && sections_[0].tokens.empty()) {
    sections_[0].tokens.push_back({FormatToken::Type::kGeneral, "", 1});
    sections_[0].has_general = true;
  }
  number_sections_ = std::min<size_t>(sections_.size(), 3);
  // The last section is for texts when it has their place.
  if (number_sections_ > 1 && sections_.size() < 4 && sections_.back().has_text) {
    --number_sections_;
  }
  for (const FormatSection& section : sections_) {
    conditional_ = conditional_ || section.condition != Condition::kNone;
  }
  general_ = sections_.size() == 1 && IsOnly(sections_[0], FormatToken::Type::kGeneral);
  plain_whole_ = IsPlainWhole(sections_);
  const FormatSection* text = TextSection();
  plain_text_ = text == nullptr || IsOnly(*text, FormatToken::Type::kText);
}

const FormatSection* NumberFormat::SectionFor(double value) const {
  if (conditional_) {
    for (size_t i = 0; i < number_sections_; ++i) {
      if (sections_[i].condition != Condition::kNone && Holds(sections_[i], value)) {
        return &sections_[i];
      }
    }
    // The ones without a condition share what is left, by sign as usual.
    if (number_sections_ == 3 && value < 0 && sections_[1].condition == Condition::kNone) {
      return &sections_[1];
    }
    if (sections_[number_sections_ - 1].condition == Condition::kNone) {
      return &sections_[number_sections_ - 1];
    }
    return sections_[0].condition == Condition::kNone ? sections_.data() : nullptr;
  }
  if (number_sections_ >= 2 && value < 0) return &sections_[1];
  if (number_sections_ >= 3 && value == 0) return &sections_[2];
  return sections_.data();
}

const FormatSection* NumberFormat::TextSection() const {
  if (sections_.size() == 4) return &sections_[3];
  return sections_.back().has_text ? &sections_.back() : nullptr;
}

FormatKind NumberFormat::KindOf(double value) const {
  if (general_) return FormatKind::kNumber;
  const FormatSection* section = SectionFor(value);
  if (section == nullptr) return FormatKind::kNumber;
  if (section->kind == FormatKind::kDuration) return FormatKind::kDuration;
  if (section->kind == FormatKind::kNumber || value < 0) return FormatKind::kNumber;
  // A time of day is below 1; what is more is a moment of which only the time is shown.
  if (section->kind == FormatKind::kTime && value >= 1) return FormatKind::kDate;
  return section->kind;
}

void NumberFormat::AppendNumber(double value, Epoch epoch, std::string& out) const {
  const FormatSection* section = general_ ? nullptr : SectionFor(value);
  if (section == nullptr) {
    AppendGeneral(value, out);
    return;
  }
  // The second section says itself how a negative number looks, and so does one for such alone.
  const bool own_sign = section->condition == Condition::kNone ? section == sections_.data() + 1
                                                               : IsForNegatives(*section);
  const bool minus = value < 0 && !own_sign;
  if (section->kind != FormatKind::kNumber) {
    const size_t before = out.size();
    if (minus && section->kind == FormatKind::kDuration) out += '-';
    const bool shown = (value >= 0 || section->kind == FormatKind::kDuration) &&
                       AppendDateSection(*section, std::fabs(value), epoch, out);
    if (shown) return;
    out.resize(before);
    AppendGeneral(value, out);
    return;
  }
  if (minus) out += '-';
  AppendNumberSection(*section, std::fabs(value), out);
}

void NumberFormat::AppendText(std::string_view text, std::string& out) const {
  const FormatSection* section = TextSection();
  if (section == nullptr) {
    out += text;
    return;
  }
  for (const FormatToken& token : section->tokens) {
    if (token.type == FormatToken::Type::kText || token.type == FormatToken::Type::kGeneral) {
      out += text;
    } else if (token.type == FormatToken::Type::kLiteral) {
      out += token.text;
    }
  }
}

}  // namespace sluice::spreadsheet
