#include "common/plan/field_match.h"

#include <algorithm>
#include <array>

#include "common/plan/header_match.h"

namespace sluice::plan {
namespace {

using recognise::Attribute;
using recognise::ColumnKind;
using recognise::HeaderMeaning;
using recognise::Subject;
using recognise::Use;

constexpr double kLabelFit = 0.98;
constexpr double kAliasFit = 0.94;
constexpr double kMeaningFit = 0.9;
constexpr double kBareNameFit = 0.88;

bool IsName(Attribute attribute) {
  return attribute == Attribute::kName || attribute == Attribute::kFullName;
}

bool IsPerson(const HeaderMeaning& meaning) {
  return meaning.attribute == Attribute::kFullName ||
         (meaning.attribute == Attribute::kName && meaning.subject == Subject::kContact);
}

bool IsHard(Subject subject) {
  return subject == Subject::kStaff || subject == Subject::kOtherParty ||
         subject == Subject::kThing;
}

// What a use other than the main one takes off.
double Less(Attribute attribute, Use use) {
  // A note on the delivery is none on the customer, the name of an addressee none of it.
  const bool only_main = attribute == Attribute::kNote || IsName(attribute);
  if (only_main && use != Use::kMain && use != Use::kWork && use != Use::kShort) return 0.25;
  switch (use) {
    case Use::kMain:
      return 0;
    case Use::kWork:
      return 0.01;
    case Use::kBilling:
      return 0.04;
    case Use::kMailing:
    case Use::kHome:
      return 0.06;
    case Use::kShipping:
      return 0.08;
    case Use::kRegistered:
    case Use::kShort:
      return 0.12;
    case Use::kForeign:
    case Use::kOther:
      return 0.25;
    case Use::kInvoice:
      return 1;
  }
  return 1;
}

// What columns of any kind are called: only the very name of a field counts.
bool IsGeneric(Attribute attribute) {
  constexpr std::array kGeneric = {
      Attribute::kNone,   Attribute::kCount,    Attribute::kDate,
      Attribute::kAmount, Attribute::kCategory, Attribute::kFlag,
      Attribute::kTag,    Attribute::kOther,    Attribute::kPercentage};
  return std::find(kGeneric.begin(), kGeneric.end(), attribute) != kGeneric.end();
}

bool SameAttribute(Attribute a, Attribute b) {
  const auto way = [](Attribute x) { return x == Attribute::kMobile ? Attribute::kPhone : x; };
  return way(a) == way(b);
}

// "Customer #" is a number, where a key has no marks.
std::string Key(std::string_view header) {
  std::string text = recognise::SimplifiedText(header);
  for (size_t at = text.find('#'); at != std::string::npos; at = text.find('#')) {
    text.replace(at, 1, "no");
  }
  return HeaderKey(text);
}

}  // namespace

FieldMatch::FieldMatch(const planpb::Field& field, Subject own) : field_(field), own_(own) {
  const auto add = [this](const std::string& text, std::vector<std::string>& keys) {
    std::string key = Key(text);
    if (key.empty()) return;
    keys.push_back(std::move(key));
    const HeaderMeaning meaning = recognise::ReadHeader(text);
    if (!meaning.known() || meaning.unknown_words) return;
    meanings_.push_back(meaning);
    if (!IsName(meaning.attribute)) return;
    person_name_ = person_name_ || IsPerson(meaning);
    company_name_ = company_name_ || meaning.subject == Subject::kCompany ||
                    meaning.subject == Subject::kCustomer;
  };
  add(field.label_zh(), label_keys_);
  add(field.label_en(), label_keys_);
  add(field.name(), label_keys_);
  for (const std::string& alias : field.aliases()) add(alias, alias_keys_);
}

bool FieldMatch::IsCalled(std::string_view header, const HeaderMeaning& meaning) const {
  if (meaning.bracketed) return false;
  const std::string key = Key(header);
  const auto has = [&](const std::vector<std::string>& keys) {
    return std::find(keys.begin(), keys.end(), key) != keys.end();
  };
  return has(label_keys_) || has(alias_keys_);
}

double FieldMatch::Header(std::string_view header, const HeaderMeaning& meaning) const {
  if (!meaning.bracketed) {
    const std::string key = Key(header);
    // A bare name may be that of a company, a person or a thing: one that says whose comes first.
    const bool bare = meaning.attribute == Attribute::kName && meaning.subject == Subject::kNone;
    if (std::find(label_keys_.begin(), label_keys_.end(), key) != label_keys_.end()) {
      return bare ? kBareNameFit : kLabelFit;
    }
    if (std::find(alias_keys_.begin(), alias_keys_.end(), key) != alias_keys_.end()) {
      return bare ? kBareNameFit : kAliasFit;
    }
  }
  return IsGeneric(meaning.attribute) ? 0 : MeaningFit(meaning);
}

double FieldMatch::MeaningFit(const HeaderMeaning& meaning) const {
  double fit = IsName(meaning.attribute) ? NameFit(meaning) : SubjectFit(meaning);
  if (fit <= 0) return 0;
  fit -= Less(meaning.attribute, meaning.use);
  // The second line of an address is none by itself.
  if (meaning.ordinal > 1) fit -= meaning.attribute == Attribute::kAddress ? 0.25 : 0.12;
  if (meaning.attribute == Attribute::kMobile) fit -= 0.005;
  // A word that is not known may say whose it is.
  return meaning.unknown_words ? std::min(fit, 0.5) : std::max(fit, 0.0);
}

double FieldMatch::NameFit(const HeaderMeaning& meaning) const {
  if (IsHard(meaning.subject)) return 0;
  if (meaning.attribute == Attribute::kFullName && meaning.subject == Subject::kCustomer) {
    if (person_name_ && own_ == Subject::kContact) return kMeaningFit;
    return company_name_ ? 0.8 : person_name_ ? 0.77 : 0;
  }
  if (IsPerson(meaning)) return person_name_ ? kMeaningFit : 0;
  double best = 0;
  for (const HeaderMeaning& own : meanings_) {
    if (!IsName(own.attribute) || IsPerson(own)) continue;
    if (own.subject == meaning.subject) best = std::max(best, kMeaningFit);
    const bool both = own.subject != Subject::kNone && meaning.subject != Subject::kNone;
    if (both) best = std::max(best, 0.84);
  }
  if (meaning.subject == Subject::kNone && best == 0 && (person_name_ || company_name_))
    return 0.72;
  return best;
}

double FieldMatch::SubjectFit(const HeaderMeaning& meaning) const {
  double best = 0;
  for (const HeaderMeaning& own : meanings_) {
    if (!SameAttribute(own.attribute, meaning.attribute)) continue;
    if (own.subject == meaning.subject && own.use == meaning.use) return kMeaningFit;
    if (IsHard(meaning.subject) || IsHard(own.subject)) continue;
    best = std::max(best, WhoseFit(meaning));
  }
  return best;
}

double FieldMatch::WhoseFit(const HeaderMeaning& meaning) const {
  const bool of_contact = meaning.subject == Subject::kContact;
  if (meaning.subject == Subject::kNone || meaning.subject == own_) return kMeaningFit;
  if (own_ != Subject::kContact && !of_contact) return kMeaningFit;
  switch (meaning.attribute) {
    case Attribute::kIdentifier:
      // The number of a contact is not that of its company.
      return 0;
    case Attribute::kPhone:
    case Attribute::kMobile:
    case Attribute::kEmail:
      if (own_ == Subject::kCustomer && of_contact) return kMeaningFit + 0.01;
      return meaning.subject == Subject::kCustomer ? 0.87 : 0.6;
    case Attribute::kAddress:
      return own_ == Subject::kCustomer || meaning.subject == Subject::kCustomer ? 0.87 : 0.6;
    default:
      return kMeaningFit;
  }
}

double FieldMatch::ValuesAlone(const recognise::RecognisedColumn& column) const {
  const recognise::ValueKind kind = recognise::KindOfValues(column.values);
  if (column.values.filled < 3) return 0;
  switch (kind.kind) {
    case ColumnKind::kEmail:
      return field_.type() == planpb::FIELD_TYPE_EMAIL ? 0.86 * kind.share : 0;
    case ColumnKind::kMobile:
      return field_.type() == planpb::FIELD_TYPE_PHONE ? 0.84 * kind.share : 0;
    case ColumnKind::kPhone:
      return field_.type() == planpb::FIELD_TYPE_PHONE ? 0.8 * kind.share : 0;
    case ColumnKind::kUrl:
      return field_.type() == planpb::FIELD_TYPE_URL ? 0.78 * kind.share : 0;
    case ColumnKind::kCompanyName:
      return company_name_ ? 0.76 + 0.06 * kind.share : 0;
    case ColumnKind::kPersonName:
      return person_name_ && column.values.filled >= 5 ? 0.8 * kind.share : 0;
    case ColumnKind::kAddress: {
      const bool address = std::any_of(
          meanings_.begin(), meanings_.end(),
          [](const HeaderMeaning& own) { return own.attribute == Attribute::kAddress; });
      return address ? 0.74 + 0.04 * kind.share : 0;
    }
    default:
      return 0;
  }
}

bool FieldMatch::Contradicts(const recognise::RecognisedColumn& column) const {
  constexpr uint32_t kEnoughValues = 3;
  constexpr double kPlain = 0.8;
  if (column.values.filled < kEnoughValues) return false;
  const recognise::ValueKind kind = recognise::KindOfValues(column.values);
  if (kind.share < kPlain) return false;
  const auto is = [&](std::initializer_list<ColumnKind> kinds) {
    return std::find(kinds.begin(), kinds.end(), kind.kind) != kinds.end();
  };
  using enum ColumnKind;
  switch (field_.type()) {
    case planpb::FIELD_TYPE_PHONE:
      return is({kEmail, kUrl, kDate, kDatetime, kCompanyName, kPersonName, kAddress, kIdNumber,
                 kCreditCode, kBoolean, kGender, kProvince, kCity, kPercentage, kCurrency});
    case planpb::FIELD_TYPE_EMAIL:
      return is({kPhone, kMobile, kUrl, kDate, kDatetime, kCompanyName, kPersonName, kAddress,
                 kIdNumber, kCreditCode, kBoolean, kGender, kProvince, kCity, kInteger, kNumber,
                 kSequence, kPercentage, kCurrency});
    default:
      break;
  }
  if (company_name_ || person_name_) {
    return is({kEmail, kPhone, kMobile, kUrl, kDate, kDatetime, kIdNumber, kCreditCode, kBankCard,
               kPercentage, kCurrency, kGender, kSequence, kInteger, kNumber, kAddress}) ||
           (!company_name_ && kind.kind == kCompanyName);
  }
  const bool address =
      std::any_of(meanings_.begin(), meanings_.end(),
                  [](const HeaderMeaning& own) { return own.attribute == Attribute::kAddress; });
  if (address) {
    return is({kEmail, kPhone, kMobile, kUrl, kDate, kDatetime, kIdNumber, kCreditCode, kBankCard,
               kPercentage, kCurrency, kGender, kInteger, kNumber});
  }
  const bool identifier =
      std::any_of(meanings_.begin(), meanings_.end(),
                  [](const HeaderMeaning& own) { return own.attribute == Attribute::kIdentifier; });
  return identifier && is({kEmail, kUrl, kDate, kDatetime, kCompanyName, kPersonName, kAddress,
                           kGender, kPercentage, kCurrency});
}

}  // namespace sluice::plan
