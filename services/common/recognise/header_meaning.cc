#include "common/recognise/header_meaning.h"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "common/recognise/header_terms.h"
#include "common/recognise/header_words.h"

namespace sluice::recognise {
namespace {

constexpr std::array<std::string_view, static_cast<size_t>(Attribute::kOther) + 1> kNames = {
    "none",      "name",        "full_name",    "given_name",  "family_name", "nickname",
    "job_title", "department",  "phone",        "mobile",      "fax",         "email",
    "messenger", "social",      "url",          "domain",      "address",     "province",
    "city",      "district",    "country",      "region",      "postal_code", "area_code",
    "id_number", "credit_code", "bank_account", "bank",        "identifier",  "sequence",
    "date",      "birthday",    "age",          "gender",      "amount",      "revenue",
    "employees", "count",       "percentage",   "flag",        "category",    "tag",
    "industry",  "source",      "note",         "do_not_call", "other"};

bool IsHard(Subject subject) {
  return subject == Subject::kStaff || subject == Subject::kOtherParty ||
         subject == Subject::kThing;
}

// What the words before the head make of it: 手机 + 号 is a mobile number, 邮箱 + 地址 an e-mail
// address, 城市 + 名称 a city. False when they do not go together.
class Head {
 public:
  explicit Head(const std::vector<Attribute>& attributes, bool turned)
      : before_(attributes.begin(), attributes.end() - 1),
        last_(attributes.back()),
        turned_(turned) {}

  // kNone: the words name two things.
  Attribute Compose(bool& strange) const {
    using enum Attribute;
    switch (last_) {
      case kIdentifier:
        return OfIdentifier();
      case kName:
        return OfName();
      case kAddress:
        if (const auto found = FirstOf({kEmail, kUrl, kMessenger, kOther}); found != kNone) {
          return found;
        }
        break;
      case kDate:
        if (Has(kBirthday)) return kBirthday;
        return kDate;
      case kPhone:
        if (const auto found = FirstOf({kMobile, kFax}); found != kNone) return found;
        break;
      case kUrl:
        if (Has(kSocial)) return kSocial;
        if (!before_.empty() && !Has(kUrl)) return kOther;
        break;
      case kAmount:
        if (Has(kRevenue)) return kRevenue;
        return kAmount;
      case kNote:
        strange =
            std::any_of(before_.begin(), before_.end(), [](Attribute a) { return a != kNote; });
        return kNote;
      case kFullName:
      case kCategory:
      case kFlag:
      case kTag:
      case kCount:
      case kPercentage:
      case kSource:
      case kOther:
        return last_;
      default:
        break;
    }
    strange =
        std::any_of(before_.begin(), before_.end(), [this](Attribute a) { return !GoesWith(a); });
    const bool two = (IsContactWay(last_) || last_ == kAddress) &&
                     std::any_of(before_.begin(), before_.end(), [this](Attribute a) {
                       return (IsContactWay(a) || a == kAddress) && !GoesWith(a);
                     });
    return two ? kNone : last_;
  }

 private:
  static bool IsContactWay(Attribute a) {
    return a == Attribute::kPhone || a == Attribute::kMobile || a == Attribute::kFax ||
           a == Attribute::kEmail;
  }
  bool Has(Attribute a) const {
    return std::find(before_.begin(), before_.end(), a) != before_.end();
  }
  Attribute FirstOf(std::initializer_list<Attribute> wanted) const {
    for (const Attribute a : wanted) {
      if (Has(a)) return a;
    }
    return Attribute::kNone;
  }
  bool GoesWith(Attribute a) const {
    using enum Attribute;
    if (a == last_) return true;
    if (last_ == kMobile) return a == kPhone;
    if (last_ == kPhone) return a == kMobile;
    if (last_ == kFax) return a == kPhone;
    if (last_ == kEmail) return a == kMessenger || a == kUrl;
    if (last_ == kAddress) return a == kRegion || a == kCity || a == kProvince;
    if (last_ == kEmployees) return a == kCount || a == kIdentifier;
    if (last_ == kRevenue) return a == kAmount;
    return false;
  }
  Attribute OfIdentifier() const {
    using enum Attribute;
    const Attribute made =
        FirstOf({kMobile, kFax, kPhone, kEmail, kMessenger, kCreditCode, kIdNumber, kBankAccount,
                 kPostalCode, kAreaCode, kSequence, kEmployees, kIndustry, kSocial});
    if (made != kNone) return made;
    if (Has(kBank)) return kBankAccount;
    if (FirstOf({kCountry, kRegion, kCity, kProvince, kDistrict}) != kNone) return kAreaCode;
    if (turned_) return kCount;
    return FirstOf({kDepartment, kCategory, kTag, kAddress, kOther, kDate, kJobTitle, kSource,
                    kDomain, kUrl}) == kNone
               ? kIdentifier
               : kOther;
  }
  Attribute OfName() const {
    using enum Attribute;
    const Attribute made = FirstOf({kFullName, kGivenName, kFamilyName, kNickname, kBank, kIndustry,
                                    kDepartment, kCity, kProvince, kDistrict, kCountry, kRegion,
                                    kJobTitle, kTag, kSource, kCategory, kDomain});
    if (made != kNone) return made;
    return before_.empty() || (before_.size() == 1 && before_[0] == kName) || AllNames() ? kName
                                                                                         : kOther;
  }
  bool AllNames() const {
    return std::all_of(before_.begin(), before_.end(),
                       [](Attribute a) { return a == Attribute::kName; });
  }

  const std::vector<Attribute> before_;
  const Attribute last_;
  const bool turned_;
};

void AddSubject(Subject subject, HeaderMeaning& meaning) {
  // Whose it is decides the nearest word, but what is not the customer's never becomes so.
  if (IsHard(meaning.subject)) return;
  meaning.subject = subject;
}

HeaderMeaning ReadPhrase(const HeaderPhrase& phrase) {
  HeaderMeaning meaning;
  std::vector<Attribute> attributes;
  bool question = false;
  for (const Sense& sense : phrase.senses) {
    if (const auto* attribute = std::get_if<Attribute>(&sense)) attributes.push_back(*attribute);
    if (const auto* subject = std::get_if<Subject>(&sense)) AddSubject(*subject, meaning);
    if (const auto* use = std::get_if<Use>(&sense)) meaning.use = std::max(meaning.use, *use);
    question = question || std::holds_alternative<Question>(sense);
  }
  meaning.ordinal = phrase.ordinal;
  meaning.unknown_words = phrase.unknown_words;
  if (attributes.empty()) {
    // A subject alone stands for its name: 公司, "Account".
    if (meaning.subject != Subject::kNone && !meaning.unknown_words) {
      meaning.attribute = question ? Attribute::kFlag : Attribute::kName;
    }
    return meaning;
  }
  bool strange = false;
  meaning.attribute = Head(attributes, phrase.turned).Compose(strange);
  meaning.unknown_words = meaning.unknown_words || strange;
  if (meaning.attribute == Attribute::kNone) meaning.ambiguous = true;
  if (question && meaning.attribute != Attribute::kDoNotCall) meaning.attribute = Attribute::kFlag;
  // "Address Company" is the company of an address.
  const auto* last = std::get_if<Subject>(&phrase.senses.back());
  if (last != nullptr && *last == Subject::kCompany && attributes.back() == Attribute::kAddress) {
    meaning.attribute = Attribute::kName;
  }
  // 名 beside 姓.
  if (phrase.given_name_alone) meaning.attribute = Attribute::kGivenName;
  return meaning;
}

bool SameThing(const HeaderMeaning& a, const HeaderMeaning& b) {
  const auto way = [](Attribute x) { return x == Attribute::kMobile ? Attribute::kPhone : x; };
  if (way(a.attribute) != way(b.attribute)) return false;
  const auto soft = [](Subject s) {
    return s == Subject::kCustomer || s == Subject::kNone ? Subject::kCompany : s;
  };
  return soft(a.subject) == soft(b.subject);
}

// One of several things a header says with / or 或 between them.
HeaderMeaning ReadAlternatives(const std::vector<HeaderPhrase>& phrases) {
  HeaderMeaning all = ReadPhrase(phrases.front());
  for (size_t i = 1; i < phrases.size(); ++i) {
    const HeaderMeaning next = ReadPhrase(phrases[i]);
    if (next.attribute == Attribute::kNone && !next.unknown_words) continue;
    if (SameThing(all, next)) continue;
    return {.ambiguous = true};
  }
  return all;
}

// What stands in brackets adds what the rest leaves open.
void AddBrackets(const std::vector<HeaderPhrase>& phrases, bool head_given,
                 HeaderMeaning& meaning) {
  for (const HeaderPhrase& phrase : phrases) {
    const HeaderMeaning inner = ReadPhrase(phrase);
    const HeaderMeaning before = meaning;
    if (!phrase.senses.empty() && inner.attribute != Attribute::kNone && !head_given &&
        !inner.unknown_words) {
      const bool subject_only =
          std::none_of(phrase.senses.begin(), phrase.senses.end(),
                       [](const Sense& sense) { return std::holds_alternative<Attribute>(sense); });
      if (!subject_only) meaning.attribute = inner.attribute;
    }
    if (inner.subject != Subject::kNone &&
        (meaning.subject == Subject::kNone || IsHard(inner.subject))) {
      AddSubject(inner.subject, meaning);
    }
    meaning.use = std::max(meaning.use, inner.use);
    if (meaning.ordinal == 0) meaning.ordinal = inner.ordinal;
    meaning.bracketed = meaning.bracketed || !(before == meaning);
  }
}

}  // namespace

HeaderMeaning ReadHeader(std::string_view header) {
  const HeaderWords words = SplitHeader(header);
  if (words.phrases.empty()) return {};
  HeaderMeaning meaning = ReadAlternatives(words.phrases);
  if (meaning.ambiguous) return meaning;
  const bool head_given =
      std::any_of(words.phrases.front().senses.begin(), words.phrases.front().senses.end(),
                  [](const Sense& sense) { return std::holds_alternative<Attribute>(sense); });
  AddBrackets(words.brackets, head_given, meaning);
  return meaning;
}

std::string_view Name(Attribute attribute) {
  return kNames[static_cast<size_t>(attribute)];
}

}  // namespace sluice::recognise
