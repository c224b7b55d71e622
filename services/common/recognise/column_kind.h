// What a column holds.
#pragma once

#include <cstdint>
#include <string_view>

namespace sluice::recognise {

enum class ColumnKind : uint8_t {
  kText,  // nothing more is known
  kEmpty,
  kPersonName,
  kCompanyName,
  kPhone,
  kMobile,
  kFax,
  kEmail,
  kUrl,
  kAddress,
  kProvince,
  kCity,
  kPostalCode,
  kIdNumber,    // resident identity card
  kCreditCode,  // unified social credit code
  kBankCard,
  kDate,
  kDatetime,
  kInteger,
  kNumber,
  kCurrency,
  kPercentage,
  kBoolean,
  kGender,
  kSequence,
  kExternalId,
  kNote,
  kCategory,
};

// "person_name"; in Chinese 姓名.
std::string_view Name(ColumnKind kind);
std::string_view ChineseName(ColumnKind kind);

}  // namespace sluice::recognise
