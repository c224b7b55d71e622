#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "common/formats/detect_header.h"

namespace sluice::formats {
namespace {

// A header is known when all of it, or its last word, is here.
constexpr std::array<std::string_view, 95> kWords = {
    "account",  "active",   "address",   "addr",       "age",          "amount",    "area",
    "balance",  "birthday", "category",  "cell",       "city",         "code",      "comment",
    "comments", "company",  "contact",   "country",    "county",       "created",   "credit",
    "currency", "customer", "date",      "department", "description",  "district",  "dob",
    "email",    "e-mail",   "employees", "extension",  "fax",          "firstname", "gender",
    "group",    "id",       "industry",  "job",        "key",          "language",  "lastname",
    "level",    "mail",     "memo",      "mobile",     "modified",     "name",      "no",
    "note",     "notes",    "number",    "order",      "organization", "owner",     "phone",
    "phones",   "position", "postcode",  "price",      "product",      "province",  "qq",
    "quantity", "region",   "remark",    "remarks",    "revenue",      "role",      "salutation",
    "score",    "sex",      "sku",       "source",     "state",        "status",    "street",
    "surname",  "tags",     "tel",       "telephone",  "time",         "title",     "total",
    "type",     "updated",  "url",       "user",       "username",     "value",     "vip",
    "website",  "wechat",   "zip",       "zipcode",
};

// Whole headers, and endings of headers ("客户" + "名称").
constexpr std::array<std::string_view, 46> kChineseEndings = {
    "名称",     "姓名",     "电话", "手机", "手机号", "号码", "邮箱", "邮件",   "地址", "备注",
    "编号",     "编码",     "日期", "时间", "联系人", "类型", "等级", "级别",   "状态", "来源",
    "金额",     "行业",     "区域", "职位", "职务",   "部门", "邮编", "网址",   "传真", "性别",
    "年龄",     "生日",     "渠道", "标签", "数量",   "价格", "单价", "负责人", "微信", "微信号",
    "电子邮箱", "电子邮件", "说明", "描述", "序号",   "税号",
};
constexpr std::array<std::string_view, 34> kChineseWhole = {
    "客户",     "公司", "企业",     "单位",     "名字",
    "省",       "市",   "区",       "县",       "省份",
    "城市",     "国家", "联系方式", "客户等级", "统一社会信用代码",
    "法人",     "网站", "街道",     "座机",     "固话",
    "分机",     "產品", "產業",     "客戶名稱", "聯絡人",
    "電話",     "手機", "地址",     "備註",     "名稱",
    "邮政编码", "销售", "业务员",   "账号",
};
// Above this a text is a sentence or a value.
constexpr size_t kLongestChinese = 36;

std::string Simplified(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const std::string_view rest = text.substr(i);
    if (c == '(' || c == '[' || rest.starts_with("（") || rest.starts_with("：")) break;
    if (c == '*' || c == ':' || c == '"' || c == '.') continue;
    out.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c);
  }
  const size_t from = out.find_first_not_of(" \t_#");
  if (from == std::string::npos) return {};
  const size_t to = out.find_last_not_of(" \t_#");
  return out.substr(from, to - from + 1);
}

bool IsEnglishHeader(std::string_view text) {
  const auto known = [](std::string_view word) {
    return std::find(kWords.begin(), kWords.end(), word) != kWords.end();
  };
  if (known(text)) return true;
  if (std::count(text.begin(), text.end(), ' ') > 3) return false;
  const size_t last = text.find_last_of(" _-/");
  return last != std::string_view::npos && known(text.substr(last + 1));
}

}  // namespace

bool IsKnownHeader(std::string_view text) {
  // "联系人：张三" is a name with its value.
  constexpr std::string_view kColon = "：";
  const size_t colon = text.find(kColon);
  if (colon != std::string_view::npos) {
    const std::string_view rest = text.substr(colon + kColon.size());
    if (rest.find_first_not_of(" \t") != std::string_view::npos && !IsKnownHeader(rest))
      return false;
  }
  const std::string simple = Simplified(text);
  if (simple.empty()) return false;
  if (IsEnglishHeader(simple)) return true;
  if (simple.size() > kLongestChinese) return false;
  return std::find(kChineseWhole.begin(), kChineseWhole.end(), simple) != kChineseWhole.end() ||
         std::any_of(kChineseEndings.begin(), kChineseEndings.end(),
                     [&](std::string_view ending) { return simple.ends_with(ending); });
}

}  // namespace sluice::formats
