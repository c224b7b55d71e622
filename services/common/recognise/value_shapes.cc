#include "common/recognise/value_shapes.h"

#include <algorithm>
#include <array>
#include <string>

#include "common/normalize/text.h"
#include "common/normalize/unicode.h"

namespace sluice::recognise {
namespace {

// The 120 commonest surnames, some of two characters, and traditional forms.
constexpr std::string_view kSurnames =
    "王李张刘陈杨黄赵周吴徐孙马朱胡郭何高林郑谢罗梁宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕"
    "丁任"
    "沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴"
    "莫孔"
    "向汤常温康施文牛樊葛邢安齐易乔伍庞颜倪庄聂章鲁岳翟殷詹申欧耿关兰焦俞左柳甘祝包宁尚符舒阮柯纪梅"
    "童凌"
    "毕单季裴霍涂成苗谷盛曲翁冉骆蓝路游辛靳管柴蒙鲍华喻祁蒲房滕屈饶解牟艾尤阳时穆农司卓古吉缪简车项"
    "连芦"
    "麦褚娄窦戚岑景党宫费卜冷晏席卫米柏宗瞿桂全佟应臧闵苟邬边卞姬师和仇栾隋商刁沙荣巫寇桑郎甄丛仲虞"
    "敖巩"
    "張劉陳楊黃趙吳孫馬鄭謝羅馮鄧葉蘇呂盧鐘鍾譚陸賈韋鄒閆龍賀顧龔萬錢嚴湯溫齊喬龐顏莊聶魯歐關蘭";
constexpr std::array<std::string_view, 10> kLongSurnames = {"欧阳", "司马", "上官", "诸葛", "皇甫",
                                                            "司徒", "东方", "夏侯", "慕容", "歐陽"};

constexpr std::array<std::string_view, 40> kCompanyEndings = {
    "公司",   "有限公司", "集团", "集團",    "工厂",   "厂",     "廠",      "商行",
    "商店",   "企业",     "企業", "合作社",  "事务所", "工作室", "经营部",  "门市部",
    "研究院", "研究所",   "中心", "医院",    "大学",   "学院",   "银行",    "酒店",
    "超市",   "inc",      "inc.", "llc",     "ltd",    "ltd.",   "gmbh",    "co.",
    "corp",   "corp.",    "plc",  "limited", "s.a.",   "group",  "company", "ag"};

constexpr std::array<std::string_view, 36> kProvinces = {
    "北京", "天津",   "上海", "重庆", "河北", "山西", "辽宁", "吉林", "黑龙江",
    "江苏", "浙江",   "安徽", "福建", "江西", "山东", "河南", "湖北", "湖南",
    "广东", "海南",   "四川", "贵州", "云南", "陕西", "甘肃", "青海", "台湾",
    "臺灣", "内蒙古", "广西", "西藏", "宁夏", "新疆", "香港", "澳门", "廣東"};

constexpr std::array<std::string_view, 18> kAddressMarks = {"省", "市", "区", "縣", "县", "镇",
                                                            "路", "街", "道", "号", "號", "村",
                                                            "弄", "室", "栋", "座", "楼", "區"};
constexpr std::array<std::string_view, 16> kStreetWords = {
    " street", " st",    " st.",  " road", " rd",        " rd.",   " avenue", " ave",
    " ave.",   " drive", " lane", " blvd", " boulevard", " court", " way",    "straße"};

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}

bool IsHan(char32_t c) {
  return (c >= 0x4E00 && c <= 0x9FFF) || (c >= 0x3400 && c <= 0x4DBF) || c == 0xB7;
}

bool AllHan(std::string_view text) {
  bool well_formed = true;
  for (size_t at = 0; at < text.size();) {
    if (!IsHan(normalize::NextCharacter(text, at, well_formed))) return false;
  }
  return !text.empty();
}

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

size_t Digits(std::string_view text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), IsDigit));
}

// Two to four words, each with one capital first ("Ann Lee", "J. van Dyke").
bool IsLatinName(std::string_view text) {
  size_t words = 0;
  size_t capitals = 0;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find(' ', at), text.size());
    const std::string_view word = text.substr(at, end - at);
    if (word.empty() || Digits(word) > 0 || word.find_first_of("@/&,;:()") != word.npos) {
      return false;
    }
    ++words;
    capitals += word[0] >= 'A' && word[0] <= 'Z' ? 1 : 0;
    at = end + 1;
  }
  return words >= 2 && words <= 4 && capitals + 1 >= words;
}

}  // namespace

bool LooksLikePersonName(std::string_view text) {
  if (!AllHan(text)) return IsLatinName(text) && !LooksLikeCompanyName(text);
  const size_t characters = normalize::CountCharacters(text);
  if (characters < 2 || characters > 4) return false;
  const bool long_surname = std::any_of(kLongSurnames.begin(), kLongSurnames.end(),
                                        [&](std::string_view s) { return text.starts_with(s); });
  if (long_surname) return characters >= 3;
  // Characters of three bytes: a find at a border.
  const size_t found = kSurnames.find(text.substr(0, 3));
  return characters <= 3 && found != std::string_view::npos && found % 3 == 0;
}

bool LooksLikeCompanyName(std::string_view text) {
  std::string lower = Lower(text);
  // （深圳）, (Asia): what stands in brackets at the end.
  if (lower.ends_with(")") || lower.ends_with("）")) {
    const size_t open = std::min(lower.rfind('('), lower.rfind("（"));
    if (open != std::string::npos && open > 0) lower.resize(open);
  }
  while (lower.ends_with(' ')) lower.pop_back();
  return std::any_of(kCompanyEndings.begin(), kCompanyEndings.end(), [&](std::string_view ending) {
    if (lower.size() <= ending.size() || !lower.ends_with(ending)) return false;
    // A Latin ending is a word of its own.
    const char before = lower[lower.size() - ending.size() - 1];
    return (ending[0] & 0x80) != 0 ? lower.size() >= ending.size() + 6
                                   : before == ' ' || before == ',' || before == '.';
  });
}

bool LooksLikeAddress(std::string_view text) {
  const size_t characters = normalize::CountCharacters(text);
  if (characters < 6) return false;
  size_t marks = 0;
  for (const std::string_view mark : kAddressMarks) marks += text.find(mark) != text.npos ? 1 : 0;
  if (marks >= 2 && !LooksLikeCompanyName(text)) return true;
  if (Digits(text) == 0) return false;
  const std::string lower = Lower(text);
  return std::any_of(kStreetWords.begin(), kStreetWords.end(), [&](std::string_view word) {
    const size_t at = lower.find(word);
    if (at == std::string::npos) return false;
    const size_t end = at + word.size();
    return end == lower.size() || lower[end] == ' ' || lower[end] == ',' || lower[end] == '.';
  });
}

bool LooksLikeProvince(std::string_view text) {
  for (const std::string_view province : kProvinces) {
    if (!text.starts_with(province)) continue;
    const std::string_view rest = text.substr(province.size());
    if (rest.empty() || rest == "省" || rest == "市" || rest.ends_with("自治区") ||
        rest.ends_with("行政区")) {
      return true;
    }
  }
  return false;
}

bool LooksLikeCity(std::string_view text) {
  return AllHan(text) && text.size() >= 9 && text.size() <= 18 && text.ends_with("市") &&
         text.find("省") == text.npos;
}

bool LooksLikeMobile(std::string_view text) {
  std::string digits;
  for (const char c : text) {
    if (IsDigit(c))
      digits.push_back(c);
    else if (std::string_view("+- ()").find(c) == std::string_view::npos)
      return false;
  }
  std::string_view rest = digits;
  if (rest.size() > 11 && rest.starts_with("0086")) rest.remove_prefix(4);
  if (rest.size() == 13 && rest.starts_with("86")) rest.remove_prefix(2);
  return rest.size() == 11 && rest[0] == '1' && rest[1] >= '3';
}

bool LooksLikePhone(std::string_view text) {
  if (LooksLikeMobile(text)) return true;
  const size_t digits = Digits(text);
  if (digits < 7 || digits > 20) return false;
  const std::string lower = Lower(text);
  std::string_view rest = lower;
  // What follows an extension's mark is digits.
  for (const std::string_view mark : {"转", "分机", "ext.", "ext", "x", "#"}) {
    const size_t at = rest.find(mark);
    if (at == rest.npos) continue;
    rest = rest.substr(0, at);
    break;
  }
  if (rest.find_first_not_of("0123456789+-() ./") != rest.npos) return false;
  const bool date = rest.size() >= 8 && (rest.find('/') != rest.npos || rest.find('.') == 4);
  if (date || rest.empty()) return false;
  const bool parted = rest.find_first_of("-() ", 1) != rest.npos || rest[0] == '(';
  const bool iso_date = rest.size() >= 8 && rest.size() <= 10 && rest.find('-') == 4 &&
                        rest.find('-', 5) != rest.npos;
  return !iso_date && (parted || rest[0] == '+' || rest[0] == '0');
}

bool LooksLikeUrl(std::string_view text) {
  const std::string lower = Lower(text);
  if (lower.find_first_of(" @") != std::string::npos) return false;
  if (lower.starts_with("http://") || lower.starts_with("https://") || lower.starts_with("www.")) {
    return true;
  }
  const size_t slash = std::min(lower.find('/'), lower.size());
  const std::string_view host = std::string_view(lower).substr(0, slash);
  for (const std::string_view ending : {".com", ".cn", ".net", ".org", ".io", ".de", ".tw", ".hk",
                                        ".jp", ".co.uk", ".edu", ".gov", ".example"}) {
    if (host.size() > ending.size() && host.ends_with(ending)) return true;
  }
  return false;
}

bool LooksLikeGender(std::string_view text) {
  constexpr std::array<std::string_view, 12> kWords = {
      "男", "女", "m", "f", "male", "female", "先生", "女士", "男性", "女性", "小姐", "保密"};
  return std::find(kWords.begin(), kWords.end(), Lower(text)) != kWords.end();
}

bool LooksLikePercentage(std::string_view text) {
  return text.size() >= 2 && text.back() == '%' &&
         text.substr(0, text.size() - 1).find_first_not_of("0123456789.+- ") == text.npos;
}

bool LooksLikeCurrency(std::string_view text) {
  if (Digits(text) == 0) return false;
  for (const std::string_view sign :
       {"¥", "￥", "$", "€", "£", "RMB", "CNY", "USD", "EUR", "NT$", "HK$"}) {
    if (text.starts_with(sign) || text.ends_with(sign)) {
      return true;
    }
  }
  return text.ends_with("元") && IsDigit(text[0]);
}

bool LooksLikeDayFirstDate(std::string_view text) {
  const std::string_view day = text.substr(0, std::min(text.find(' '), text.size()));
  size_t parts = 1;
  size_t length = 0;
  size_t longest = 0;
  char mark = 0;
  for (const char c : day) {
    if (IsDigit(c)) {
      longest = std::max(longest, ++length);
      continue;
    }
    if ((c != '/' && c != '-' && c != '.') || (mark != 0 && mark != c) || length == 0) return false;
    mark = c;
    length = 0;
    ++parts;
  }
  return parts == 3 && longest <= 4 && (length == 2 || length == 4) && day.size() >= 6;
}

bool LooksLikeCode(std::string_view text) {
  if (text.size() < 3 || text.size() > 40) return false;
  const bool letter = std::any_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  });
  return letter && Digits(text) > 0 &&
         text.find_first_not_of(
             "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_.") == text.npos;
}

}  // namespace sluice::recognise
