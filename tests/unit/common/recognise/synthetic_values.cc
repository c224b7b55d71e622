#include "tests/unit/common/recognise/synthetic_values.h"

#include <fmt/format.h>

#include <array>
#include <functional>
#include <map>

#include "common/base/check.h"

namespace sluice::recognise {
namespace {

template <size_t kCount>
std::string_view Of(const std::array<std::string_view, kCount>& list, uint32_t number) {
  return list[number % kCount];
}

uint32_t Mixed(uint32_t row, uint32_t salt) {
  uint32_t x = row * 2654435761u + salt * 40503u + 12345u;
  x ^= x >> 15;
  x *= 2246822519u;
  return x ^ (x >> 13);
}

constexpr std::array<std::string_view, 8> kCities = {"杭州", "苏州", "北京", "深圳",
                                                     "成都", "武汉", "南京", "青岛"};
constexpr std::array<std::string_view, 8> kWords = {"测试云", "示例", "样本", "虚构",
                                                    "范例",   "演示", "假想", "试验"};
constexpr std::array<std::string_view, 5> kTrades = {"科技", "贸易", "软件", "食品", "机械"};
constexpr std::array<std::string_view, 10> kSurnames = {"王", "李", "张", "刘", "陈",
                                                        "杨", "赵", "黄", "周", "吴"};
constexpr std::array<std::string_view, 10> kGiven = {"某一", "测",   "试例", "样",   "某某",
                                                     "虚构", "范文", "例子", "示范", "假名"};
constexpr std::array<std::string_view, 8> kFirst = {"Test", "Sample", "Demo",  "Example",
                                                    "Mock", "Dummy",  "Trial", "Fake"};
constexpr std::array<std::string_view, 6> kLast = {"Person", "Contact", "Tester",
                                                   "User",   "Member",  "Nobody"};
constexpr std::array<std::string_view, 6> kIndustries = {"Software", "Retail",  "Energy",
                                                         "Banking",  "Apparel", "Media"};
constexpr std::array<std::string_view, 4> kCategories = {"甲类", "乙类", "丙类", "丁类"};
constexpr std::array<std::string_view, 5> kProvinces = {"浙江省", "江苏省", "北京市", "广东",
                                                        "四川"};
constexpr std::array<std::string_view, 5> kTitles = {"经理", "总监", "工程师", "采购", "总经理"};

std::string ResidentId(uint32_t row) {
  std::string digits = fmt::format("110101{}{:02}{:02}{:03}", 1960 + row % 40, 1 + row % 12,
                                   1 + row % 28, row % 1000);
  constexpr std::array kWeights = {7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2};
  int sum = 0;
  for (size_t i = 0; i < 17; ++i) sum += kWeights[i] * (digits[i] - '0');
  return digits + "10X98765432"[sum % 11];
}

std::string CreditCode(uint32_t row) {
  constexpr std::string_view kAlphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY";
  constexpr std::array kWeights = {1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28};
  const std::string digits = fmt::format("91330100MA{:07}", Mixed(row, 3) % 10000000);
  int sum = 0;
  for (size_t i = 0; i < 17; ++i) {
    sum += kWeights[i] * static_cast<int>(kAlphabet.find(digits[i]));
  }
  return digits + kAlphabet[static_cast<size_t>((31 - sum % 31) % 31)];
}

std::string BankCard(uint32_t row) {
  const std::string digits = fmt::format("622202{:09}", Mixed(row, 4) % 1000000000);
  int sum = 0;
  for (size_t i = 0; i < digits.size(); ++i) {
    const int digit = digits[digits.size() - 1 - i] - '0';
    sum += i % 2 == 0 ? (digit > 4 ? digit * 2 - 9 : digit * 2) : digit;
  }
  return digits + std::to_string((10 - sum % 10) % 10);
}

using Maker = std::function<std::string(uint32_t)>;

const std::map<std::string_view, Maker>& Names() {
  static const std::map<std::string_view, Maker> kMakers = {
      {"company",
       [](uint32_t i) {
         return fmt::format("{}{}{}有限公司", Of(kCities, i), Of(kWords, i / 8),
                            Of(kTrades, i / 3));
       }},
      {"company_short",
       [](uint32_t i) { return fmt::format("{}{}", Of(kWords, i), Of(kTrades, i / 8)); }},
      {"company_tw",
       [](uint32_t i) {
         return fmt::format("{}{}股份有限公司", Of(kWords, i), Of(kTrades, i / 8));
       }},
      {"company_en",
       [](uint32_t i) {
         return fmt::format("{} {} {}", Of(kFirst, i), Of(kIndustries, i / 8),
                            i % 3 == 0   ? "Inc."
                            : i % 3 == 1 ? "LLC"
                                         : "Holdings");
       }},
      {"person",
       [](uint32_t i) { return fmt::format("{}{}", Of(kSurnames, i), Of(kGiven, i / 7)); }},
      {"person_tw",
       [](uint32_t i) { return fmt::format("{}{}", Of(kSurnames, i), Of(kGiven, i / 7)); }},
      {"person_en",
       [](uint32_t i) { return fmt::format("{} {}", Of(kFirst, i), Of(kLast, i / 3)); }},
      {"nick", [](uint32_t i) { return fmt::format("{}小{}", Of(kWords, i), i); }},
      {"email", [](uint32_t i) { return fmt::format("user{}@mail{}.example.com", i, i % 5); }},
      {"url", [](uint32_t i) { return fmt::format("www.site{}.example.com", i); }},
      {"address",
       [](uint32_t i) {
         return fmt::format("{}市测试区样例路{}号", Of(kCities, i), 1 + Mixed(i, 1) % 900);
       }},
      {"address_tw",
       [](uint32_t i) { return fmt::format("測試市示例區樣本路{}號", 1 + Mixed(i, 1) % 900); }},
      {"street",
       [](uint32_t i) { return fmt::format("{} Example Street", 1 + Mixed(i, 2) % 900); }},
      {"bank", [](uint32_t i) { return fmt::format("测试银行{}支行", Of(kCities, i)); }},
      {"sentence", [](uint32_t i) { return fmt::format("Met at fair {}, wants a quote", i % 17); }},
      {"sentence_zh", [](uint32_t i) { return fmt::format("第{}次展会上认识，需要报价", i % 17); }},
      {"word", [](uint32_t i) { return std::string(Of(kFirst, Mixed(i, 5))); }},
      {"word_zh", [](uint32_t i) { return std::string(Of(kWords, Mixed(i, 5))); }},
      {"city_en", [](uint32_t i) { return fmt::format("{}ville", Of(kFirst, i)); }},
      {"dept", [](uint32_t i) { return fmt::format("{}部", Of(kTrades, i)); }},
      {"title", [](uint32_t i) { return std::string(Of(kTitles, i)); }},
      {"title_en", [](uint32_t i) { return fmt::format("{} Manager", Of(kIndustries, i)); }},
      {"industry", [](uint32_t i) { return std::string(Of(kTrades, i)); }},
      {"industry_en", [](uint32_t i) { return std::string(Of(kIndustries, i)); }},
      {"category", [](uint32_t i) { return std::string(Of(kCategories, Mixed(i, 6))); }},
      {"province", [](uint32_t i) { return std::string(Of(kProvinces, i)); }},
      {"city", [](uint32_t i) { return fmt::format("{}市", Of(kCities, i)); }},
      {"gender", [](uint32_t i) { return std::string(i % 2 == 0 ? "男" : "女"); }},
      {"bool", [](uint32_t i) { return std::string(i % 3 == 0 ? "true" : "false"); }},
      {"bool_zh", [](uint32_t i) { return std::string(i % 3 == 0 ? "是" : "否"); }},
      {"blank", [](uint32_t) { return std::string(); }},
  };
  return kMakers;
}

const std::map<std::string_view, Maker>& Numbers() {
  static const std::map<std::string_view, Maker> kMakers = {
      {"mobile", [](uint32_t i) { return fmt::format("1380000{:04}", Mixed(i, 7) % 10000); }},
      {"landline", [](uint32_t i) { return fmt::format("0571-8800{:04}", Mixed(i, 8) % 10000); }},
      {"mobile_tw", [](uint32_t i) { return fmt::format("+886 912 000 {:03}", i % 1000); }},
      {"landline_tw", [](uint32_t i) { return fmt::format("+886 2 2700 {:04}", i % 10000); }},
      {"phone_us", [](uint32_t i) { return fmt::format("+1 212-555-{:04}", i % 10000); }},
      {"code", [](uint32_t i) { return fmt::format("KH{:05}X", Mixed(i, 9) % 100000); }},
      {"integer_id",
       [](uint32_t i) { return fmt::format("{}", 20000000 + Mixed(i, 10) % 70000000); }},
      {"integer", [](uint32_t i) { return fmt::format("{}", Mixed(i, 11) % 500); }},
      {"age", [](uint32_t i) { return fmt::format("{}", 20 + i % 50); }},
      {"sequence", [](uint32_t i) { return fmt::format("{}", i + 1); }},
      {"amount", [](uint32_t i) { return fmt::format("{}.50", Mixed(i, 12) % 100000); }},
      {"percent", [](uint32_t i) { return fmt::format("{}%", i % 20); }},
      {"range",
       [](uint32_t i) { return fmt::format("{}-{}人", (i % 4) * 50 + 1, (i % 4) * 50 + 50); }},
      {"zip", [](uint32_t i) { return fmt::format("3100{:02}", i % 100); }},
      {"date",
       [](uint32_t i) {
         return fmt::format("{}-{:02}-{:02}", 1970 + i % 50, 1 + i % 12, 1 + i % 28);
       }},
      {"datetime",
       [](uint32_t i) {
         return fmt::format("2024-{:02}-{:02} {:02}:{:02}:00", 1 + i % 12, 1 + i % 28, i % 24,
                            i % 60);
       }},
      {"rid", ResidentId},
      {"uscc", CreditCode},
      {"card", BankCard},
  };
  return kMakers;
}

}  // namespace

std::string SyntheticValue(std::string_view kind, uint32_t row) {
  for (const auto* makers : {&Names(), &Numbers()}) {
    if (const auto found = makers->find(kind); found != makers->end()) return found->second(row);
  }
  SLUICE_CHECK(false, "no such kind of value");
  return {};
}

}  // namespace sluice::recognise
