#include "common/plan/cell_normalizer.h"

#include "common/normalize/boolean.h"
#include "common/normalize/domain.h"
#include "common/normalize/number.h"
#include "common/normalize/url.h"

namespace sluice::plan {
namespace {

normalize::TextKind KindOf(planpb::FieldType type) {
  switch (type) {
    case planpb::FIELD_TYPE_LONG_TEXT:
      return normalize::TextKind::kLongText;
    case planpb::FIELD_TYPE_BOOLEAN:
      return normalize::TextKind::kBoolean;
    default:
      return normalize::TextKind::kLine;
  }
}

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

}  // namespace

CellNormalizer::CellNormalizer(CellSpec spec) : spec_(std::move(spec)), kind_(KindOf(spec_.type)) {
  if (spec_.type == planpb::FIELD_TYPE_EMAIL) {
    email_ = std::make_unique<normalize::EmailNormalizer>();
  } else if (spec_.type == planpb::FIELD_TYPE_PHONE) {
    phone_ = std::make_unique<normalize::PhoneNormalizer>(spec_.region);
  }
  for (const planpb::PicklistOption& option : spec_.options) {
    options_.emplace(Lower(option.value()), option.value());
    for (const std::string& label : option.labels()) options_.emplace(Lower(label), option.value());
  }
}

CellResult CellNormalizer::Normalize(std::string_view text, std::vector<Issue>& issues) {
  if (text.empty()) return {};
  const normalize::TextResult clean =
      normalize::NormalizeText(text, kind_, spec_.disabled, text_buffer_);
  normalize::RepairSet repairs = clean.repairs;
  std::string_view value = clean.value;
  if (!value.empty()) {
    normalize::ValueResult typed = NormalizeType(value);
    if (typed.valid && spec_.length_max > 0 && typed.value.size() > spec_.length_max &&
        normalize::CountCharacters(typed.value) > spec_.length_max) {
      typed.valid = false;
      typed.code = issue_code::kTooLong;
    }
    if (!typed.valid) {
      issues.push_back({typed.code, spec_.field, text, {}});
      return {{}, spec_.keep_unfit ? text : std::string_view(), !spec_.keep_unfit};
    }
    value = typed.value;
    for (const normalize::Repair repair : typed.repairs) repairs.Add(repair);
  } else if (!repairs.Has(normalize::Repair::kPlaceholderRemoved)) {
    return {};  // Nothing but white space: blank, and nothing to say.
  }
  if (!repairs.empty()) {
    for (const normalize::Repair repair : repairs) {
      issues.push_back({normalize::Name(repair), spec_.field, text, value});
    }
  }
  return {value, {}};
}

normalize::ValueResult CellNormalizer::NormalizeType(std::string_view text) {
  switch (spec_.type) {
    case planpb::FIELD_TYPE_EMAIL:
      return email_->Normalize(text, value_buffer_);
    case planpb::FIELD_TYPE_PHONE:
      return phone_->Normalize(text, value_buffer_);
    case planpb::FIELD_TYPE_URL:
      return normalize::NormalizeUrl(text, value_buffer_);
    case planpb::FIELD_TYPE_DOMAIN:
      return normalize::NormalizeDomain(text, value_buffer_);
    case planpb::FIELD_TYPE_INTEGER:
      return normalize::NormalizeInteger(text, value_buffer_);
    case planpb::FIELD_TYPE_DECIMAL:
      return normalize::NormalizeDecimal(text, value_buffer_);
    case planpb::FIELD_TYPE_CURRENCY:
      return normalize::NormalizeCurrency(text, value_buffer_);
    case planpb::FIELD_TYPE_BOOLEAN:
      return normalize::NormalizeBoolean(text, value_buffer_);
    case planpb::FIELD_TYPE_DATE:
      return normalize::NormalizeDate(text, spec_.dates, value_buffer_);
    case planpb::FIELD_TYPE_DATETIME:
      return normalize::NormalizeDatetime(text, spec_.dates, value_buffer_);
    case planpb::FIELD_TYPE_PICKLIST:
      return NormalizeOption(text);
    default:
      return {true, text, {}, {}};
  }
}

normalize::ValueResult CellNormalizer::NormalizeOption(std::string_view text) const {
  const auto found = options_.find(Lower(text));
  if (found == options_.end()) return {false, {}, {}, issue_code::kUnknownOption};
  return {true, found->second, {}, {}};
}

}  // namespace sluice::plan
