#include "common/recognise/recognise_column.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

namespace sluice::recognise {
namespace {

// The share of values that must be of a kind, and the least number of values that say so alone.
struct Threshold {
  ColumnKind kind;
  uint32_t ValueProfile::*count;
  double share;
};

// The more telling first.
constexpr std::array kThresholds = {
    Threshold{ColumnKind::kEmail, &ValueProfile::email, 0.6},
    Threshold{ColumnKind::kIdNumber, &ValueProfile::resident_id, 0.6},
    Threshold{ColumnKind::kCreditCode, &ValueProfile::credit_code, 0.6},
    Threshold{ColumnKind::kPercentage, &ValueProfile::percentage, 0.6},
    Threshold{ColumnKind::kCurrency, &ValueProfile::currency, 0.6},
    Threshold{ColumnKind::kMobile, &ValueProfile::mobile, 0.7},
    Threshold{ColumnKind::kPhone, &ValueProfile::phone, 0.6},
    Threshold{ColumnKind::kBankCard, &ValueProfile::bank_card, 0.8},
    Threshold{ColumnKind::kUrl, &ValueProfile::url, 0.6},
    Threshold{ColumnKind::kDatetime, &ValueProfile::datetime, 0.6},
    Threshold{ColumnKind::kDate, &ValueProfile::date, 0.7},
    Threshold{ColumnKind::kGender, &ValueProfile::gender, 0.8},
    Threshold{ColumnKind::kProvince, &ValueProfile::province, 0.8},
    Threshold{ColumnKind::kCity, &ValueProfile::city, 0.8},
    Threshold{ColumnKind::kCompanyName, &ValueProfile::company_name, 0.5},
    Threshold{ColumnKind::kAddress, &ValueProfile::address, 0.5},
    Threshold{ColumnKind::kPersonName, &ValueProfile::person_name, 0.75},
};

// The kind a header speaks for; nothing when it says nothing of it.
std::optional<ColumnKind> KindOfHeader(const HeaderMeaning& meaning) {
  using enum Attribute;
  switch (meaning.attribute) {
    case kName:
      if (meaning.subject == Subject::kContact || meaning.subject == Subject::kStaff) {
        return ColumnKind::kPersonName;
      }
      if (meaning.subject == Subject::kCompany || meaning.subject == Subject::kCustomer) {
        return ColumnKind::kCompanyName;
      }
      return std::nullopt;
    case kFullName:
    case kGivenName:
    case kFamilyName:
      return ColumnKind::kPersonName;
    case kPhone:
      return ColumnKind::kPhone;
    case kMobile:
      return ColumnKind::kMobile;
    case kFax:
      return ColumnKind::kFax;
    case kEmail:
      return ColumnKind::kEmail;
    case kUrl:
    case kSocial:
      return ColumnKind::kUrl;
    case kAddress:
      return ColumnKind::kAddress;
    case kProvince:
      return ColumnKind::kProvince;
    case kCity:
      return ColumnKind::kCity;
    case kPostalCode:
      return ColumnKind::kPostalCode;
    case kIdNumber:
      return ColumnKind::kIdNumber;
    case kCreditCode:
      return ColumnKind::kCreditCode;
    case kBankAccount:
      return ColumnKind::kBankCard;
    case kIdentifier:
      return ColumnKind::kExternalId;
    case kSequence:
      return ColumnKind::kSequence;
    case kDate:
    case kBirthday:
      return ColumnKind::kDate;
    case kGender:
      return ColumnKind::kGender;
    case kAmount:
    case kRevenue:
      return ColumnKind::kCurrency;
    case kAge:
    case kEmployees:
    case kCount:
      return ColumnKind::kInteger;
    case kPercentage:
      return ColumnKind::kPercentage;
    case kFlag:
    case kDoNotCall:
      return ColumnKind::kBoolean;
    case kCategory:
    case kTag:
    case kIndustry:
    case kSource:
    case kCountry:
    case kRegion:
    case kDistrict:
    case kDepartment:
      return ColumnKind::kCategory;
    case kNote:
      return ColumnKind::kNote;
    default:
      return std::nullopt;
  }
}

// Whether values of a kind may well stand under a header of another.
bool GoTogether(ColumnKind header, ColumnKind values) {
  using enum ColumnKind;
  if (header == values || values == kText || values == kEmpty) return true;
  const auto any = [values](std::initializer_list<ColumnKind> kinds) {
    return std::find(kinds.begin(), kinds.end(), values) != kinds.end();
  };
  switch (header) {
    case kPhone:
    case kFax:
      return any({kMobile, kPhone, kInteger, kSequence, kExternalId});
    case kMobile:
      return any({kPhone, kInteger});
    case kPersonName:
    case kCompanyName:
      return any({kPersonName, kCompanyName, kCategory, kExternalId, kAddress, kCity});
    case kAddress:
      return any({kProvince, kCity, kCategory, kExternalId});
    case kPostalCode:
    case kSequence:
    case kExternalId:
    case kBankCard:
    case kIdNumber:
    case kCreditCode:
      return any({kInteger, kNumber, kSequence, kExternalId, kMobile, kCategory, kBankCard});
    case kDate:
      return any({kDatetime});
    case kCurrency:
    case kNumber:
    case kPercentage:
      return any({kInteger, kNumber, kCurrency, kSequence, kPercentage, kCategory, kBoolean});
    case kInteger:
      return any({kNumber, kSequence, kCategory, kBoolean});
    case kBoolean:
      return any({kCategory, kInteger});
    case kNote:
    case kCategory:
    case kProvince:
    case kCity:
      return !any({kEmail, kMobile, kPhone, kIdNumber, kCreditCode});
    default:
      return any({kCategory});
  }
}

bool IsSequence(const ValueProfile& values) {
  return values.filled >= 4 && values.Share(values.integer) > 0.99 &&
         values.ascending + 2 >= values.filled - values.filled / 20;
}

std::string Percent(double share) {
  return fmt::format("{:.0f} %", share * 100);
}

// Whose it is, where that keeps a column from being the customer's own.
Evidence OfWhom(Subject subject) {
  switch (subject) {
    case Subject::kStaff:
      return {" of your own staff", "（属于己方人员）"};
    case Subject::kOtherParty:
      return {" of another party", "（属于其他方）"};
    case Subject::kThing:
      return {" of an order, event or the like", "（属于订单、事件等）"};
    default:
      return {};
  }
}

void AddHeaderEvidence(RecognisedColumn& column) {
  if (column.placeholder) {
    column.evidence.push_back({"no header: judged by its values", "没有列名，只按数据判断"});
    return;
  }
  const HeaderMeaning& meaning = column.meaning;
  if (meaning.ambiguous) {
    column.evidence.push_back({"the header names several things", "列名同时指多种内容"});
  } else if (meaning.known()) {
    const auto kind = KindOfHeader(meaning);
    const Evidence whom = OfWhom(meaning.subject);
    column.evidence.push_back(
        {fmt::format("the header says {}{}{}",
                     kind.has_value() ? Name(*kind) : Name(meaning.attribute), whom.english,
                     meaning.unknown_words ? ", among words that are not known" : ""),
         fmt::format("列名表示{}{}{}",
                     kind.has_value() ? ChineseName(*kind) : Name(meaning.attribute), whom.chinese,
                     meaning.unknown_words ? "，但含有不认识的词" : "")});
  } else {
    column.evidence.push_back({"the header is not known", "不认识这个列名"});
  }
}

void AddValueEvidence(const ValueKind& kind, RecognisedColumn& column) {
  if (column.values.filled == 0) {
    column.evidence.push_back({"no values in the sample", "样本中没有数据"});
    return;
  }
  if (kind.kind == ColumnKind::kText) return;
  column.evidence.push_back({fmt::format("{} of {} values look like {}", Percent(kind.share),
                                         column.values.filled, Name(kind.kind)),
                             fmt::format("{} 个值中 {} 像{}", column.values.filled,
                                         Percent(kind.share), ChineseName(kind.kind))});
}

void Judge(RecognisedColumn& column) {
  const ValueKind values = KindOfValues(column.values);
  std::optional<ColumnKind> header;
  if (!column.placeholder && !column.meaning.ambiguous) header = KindOfHeader(column.meaning);
  AddHeaderEvidence(column);
  AddValueEvidence(values, column);
  const double doubt = column.meaning.unknown_words ? 0.15 : 0;
  if (!header.has_value()) {
    column.kind = values.kind;
    column.confidence = column.values.filled < 3 ? 0.4 * values.share : 0.85 * values.share;
    if (values.kind == ColumnKind::kText) column.confidence = 0.3;
    if (values.kind == ColumnKind::kEmpty) column.confidence = 1;
    return;
  }
  if (GoTogether(*header, values.kind)) {
    column.kind = *header;
    const bool silent = values.kind == ColumnKind::kText || values.kind == ColumnKind::kEmpty;
    column.confidence = (silent ? 0.85 : 0.9 + 0.09 * values.share) - doubt;
    if (*header == ColumnKind::kDate && values.kind == ColumnKind::kDatetime) {
      column.kind = ColumnKind::kDatetime;
    }
    const bool names = *header == ColumnKind::kCompanyName &&
                       values.kind == ColumnKind::kPersonName &&
                       column.meaning.subject == Subject::kCustomer;
    if (names) column.kind = ColumnKind::kPersonName;
    return;
  }
  column.kind = values.kind;
  column.confidence = 0.6 * values.share;
  column.evidence.push_back({"the values are not what the header says", "数据与列名不符"});
}

}  // namespace

ValueKind KindOfValues(const ValueProfile& values) {
  if (values.filled == 0) return {ColumnKind::kEmpty, 1};
  for (const Threshold& threshold : kThresholds) {
    const double share = values.Share(values.*threshold.count);
    if (share >= threshold.share) return {threshold.kind, share};
  }
  if (IsSequence(values)) return {ColumnKind::kSequence, 1};
  const bool few = values.filled >= 10 && values.distinct * 4 <= values.filled;
  if (values.Share(values.boolean) >= 0.95 && values.distinct <= 2 && values.filled >= 3) {
    return {ColumnKind::kBoolean, values.Share(values.boolean)};
  }
  if (values.Share(values.integer) >= 0.9) {
    return {ColumnKind::kInteger, values.Share(values.integer)};
  }
  if (values.Share(values.number) >= 0.9) {
    return {ColumnKind::kNumber, values.Share(values.number)};
  }
  if (values.Share(values.code) >= 0.8 && values.distinct * 10 >= values.filled * 9) {
    return {ColumnKind::kExternalId, values.Share(values.code)};
  }
  if (values.Share(values.long_text) >= 0.3) return {ColumnKind::kNote, 0.7};
  if (few) return {ColumnKind::kCategory, 0.8};
  return {};
}

std::vector<RecognisedColumn> RecogniseColumns(const std::vector<std::string>& headers,
                                               bool headerless,
                                               std::span<const std::vector<std::string>> rows) {
  std::vector<RecognisedColumn> columns(headers.size());
  for (size_t i = 0; i < headers.size(); ++i) {
    RecognisedColumn& column = columns[i];
    column.placeholder = headerless || IsPlaceholderHeader(headers[i]);
    if (!column.placeholder) column.meaning = ReadHeader(headers[i]);
    column.values = Profile(rows, i);
    Judge(column);
  }
  return columns;
}

}  // namespace sluice::recognise
