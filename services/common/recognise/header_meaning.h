// What a column's header says, read as a phrase: the attribute it names (phone, name, address),
// whose it is (company, contact, salesperson, order) and of which use (work, billing, second).
// Chinese, simplified or traditional, and English; the last attribute is the head ("联系人" +
// "手机", "Billing" + "Street", "Date of Birth"). No word is taken for another that is merely
// spelled alike.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sluice::recognise {

enum class Attribute : uint8_t {
  kNone,
  kName,      // of whatever the subject is
  kFullName,  // of a person: 姓名
  kGivenName,
  kFamilyName,
  kNickname,
  kJobTitle,
  kDepartment,
  kPhone,
  kMobile,
  kFax,
  kEmail,
  kMessenger,
  kSocial,
  kUrl,
  kDomain,
  kAddress,
  kProvince,
  kCity,
  kDistrict,
  kCountry,
  kRegion,
  kPostalCode,
  kAreaCode,
  kIdNumber,
  kCreditCode,
  kBankAccount,
  kBank,
  kIdentifier,
  kSequence,
  kDate,
  kBirthday,
  kAge,
  kGender,
  kAmount,
  kRevenue,
  kEmployees,
  kCount,
  kPercentage,
  kFlag,
  kCategory,
  kTag,
  kIndustry,
  kSource,
  kNote,
  kDoNotCall,
  kOther,  // known, and nothing of the above: a file, a password, a language
};

enum class Subject : uint8_t {
  kNone,
  kCompany,
  kCustomer,
  kContact,
  kStaff,       // who looks after the customer or wrote the row
  kOtherParty,  // suppliers, relatives, guarantors, parents
  kThing,       // orders, contracts, products, invoices
};

enum class Use : uint8_t {
  kMain,
  kWork,
  kBilling,
  kMailing,
  kHome,
  kShipping,
  kRegistered,
  kShort,
  kForeign,
  kOther,
  kInvoice,
};

struct HeaderMeaning {
  Attribute attribute = Attribute::kNone;
  Subject subject = Subject::kNone;
  Use use = Use::kMain;
  // "Phone 2" is 2; 0 = no number.
  uint32_t ordinal = 0;
  // There are words in it that are not known, beside those that are.
  bool unknown_words = false;
  // It names two things at once (手机/邮箱).
  bool ambiguous = false;
  // Something in brackets changed what the rest says (电话（业务员）).
  bool bracketed = false;

  bool known() const { return attribute != Attribute::kNone; }
  friend bool operator==(const HeaderMeaning&, const HeaderMeaning&) = default;
};

// True for a header that says nothing: blank, column_3, Column1, 列2, Unnamed: 4, F5.
bool IsPlaceholderHeader(std::string_view header);

// Thread-safe.
HeaderMeaning ReadHeader(std::string_view header);

// In simplified characters, with ASCII for full-width forms, without white space at the ends.
std::string SimplifiedText(std::string_view text);

// For messages and files: "phone", "full_name".
std::string_view Name(Attribute attribute);

}  // namespace sluice::recognise
