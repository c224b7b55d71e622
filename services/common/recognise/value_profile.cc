#include "common/recognise/value_profile.h"

#include <algorithm>
#include <cstdlib>
#include <unordered_set>
#include <vector>

#include "common/normalize/boolean.h"
#include "common/normalize/date.h"
#include "common/normalize/email.h"
#include "common/normalize/number.h"
#include "common/normalize/text.h"
#include "common/recognise/checksum.h"
#include "common/recognise/value_shapes.h"

namespace sluice::recognise {
namespace {

// A longer value is a text, whatever is in it.
constexpr size_t kLongText = 90;

// Counts one value after the other.
class Profiler {
 public:
  void Add(std::string_view cell) {
    ++profile_.rows;
    const std::string_view text =
        normalize::NormalizeText(cell, normalize::TextKind::kLine, {}, text_).value;
    if (text.empty()) return;
    ++profile_.filled;
    if (distinct_.size() < kMostDistinct) distinct_.insert(std::string(text));
    if (text.size() > kLongText) {
      ++profile_.long_text;
      profile_.address += LooksLikeAddress(text) ? 1 : 0;
      return;
    }
    CountNumbers(text);
    CountTexts(text);
  }
  ValueProfile Finish() {
    profile_.distinct = static_cast<uint32_t>(distinct_.size());
    return profile_;
  }

 private:
  static constexpr size_t kMostDistinct = 1000;

  static void CountIf(bool is, uint32_t& count) { count += is ? 1 : 0; }

  void CountNumbers(std::string_view text) {
    const bool integer = normalize::NormalizeInteger(text, value_).valid;
    CountIf(integer, profile_.integer);
    CountIf(normalize::NormalizeDecimal(text, value_).valid, profile_.number);
    const bool short_number = integer && text.size() <= 9;
    const int64_t number = short_number ? std::atoll(std::string(text).c_str()) : -1;
    if (short_number && profile_.integer > 1) CountIf(number == last_ + 1, profile_.ascending);
    last_ = number;
    const bool resident = IsResidentId(text);
    CountIf(resident, profile_.resident_id);
    CountIf(!resident && IsSocialCreditCode(text), profile_.credit_code);
    CountIf(!resident && IsBankCard(text), profile_.bank_card);
    CountIf(integer && text.size() == 6, profile_.postal_code);
    CountIf(LooksLikeCurrency(text), profile_.currency);
    CountIf(LooksLikePercentage(text), profile_.percentage);
    const bool mobile = LooksLikeMobile(text);
    CountIf(mobile, profile_.mobile);
    const bool date = normalize::NormalizeDate(text, value_).valid;
    const bool datetime = !date && normalize::NormalizeDatetime(text, value_).valid;
    CountIf(date || (!datetime && LooksLikeDayFirstDate(text)), profile_.date);
    CountIf(datetime, profile_.datetime);
    CountIf(mobile || (!date && !datetime && LooksLikePhone(text)), profile_.phone);
  }
  void CountTexts(std::string_view text) {
    CountIf(text.find('@') != text.npos && email_.Normalize(text, value_).valid, profile_.email);
    CountIf(LooksLikeUrl(text), profile_.url);
    CountIf(normalize::NormalizeBoolean(text, value_).valid, profile_.boolean);
    CountIf(LooksLikeGender(text), profile_.gender);
    CountIf(LooksLikePersonName(text), profile_.person_name);
    CountIf(LooksLikeCompanyName(text), profile_.company_name);
    CountIf(LooksLikeAddress(text), profile_.address);
    CountIf(LooksLikeProvince(text), profile_.province);
    CountIf(LooksLikeCity(text), profile_.city);
    CountIf(LooksLikeCode(text), profile_.code);
  }

  ValueProfile profile_;
  std::unordered_set<std::string> distinct_;
  normalize::EmailNormalizer email_;
  std::string text_;
  std::string value_;
  int64_t last_ = -1;
};

}  // namespace

ValueProfile Profile(std::span<const std::vector<std::string>> rows, size_t index) {
  Profiler profiler;
  for (const std::vector<std::string>& row : rows) {
    profiler.Add(index < row.size() ? std::string_view(row[index]) : std::string_view());
  }
  return profiler.Finish();
}

}  // namespace sluice::recognise
