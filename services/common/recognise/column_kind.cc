#include "common/recognise/column_kind.h"

#include <array>

namespace sluice::recognise {
namespace {

struct Names {
  std::string_view name;
  std::string_view chinese;
};

constexpr std::array<Names, static_cast<size_t>(ColumnKind::kCategory) + 1> kNames = {{
    {"text", "文本"},
    {"empty", "空列"},
    {"person_name", "人名"},
    {"company_name", "公司名称"},
    {"phone", "电话"},
    {"mobile", "手机"},
    {"fax", "传真"},
    {"email", "电子邮箱"},
    {"url", "网址"},
    {"address", "地址"},
    {"province", "省份"},
    {"city", "城市"},
    {"postal_code", "邮政编码"},
    {"id_number", "身份证号"},
    {"credit_code", "统一社会信用代码"},
    {"bank_card", "银行卡号"},
    {"date", "日期"},
    {"datetime", "日期时间"},
    {"integer", "整数"},
    {"number", "数字"},
    {"currency", "金额"},
    {"percentage", "百分比"},
    {"boolean", "是否"},
    {"gender", "性别"},
    {"sequence", "序号"},
    {"external_id", "编号"},
    {"note", "备注"},
    {"category", "分类"},
}};

}  // namespace

std::string_view Name(ColumnKind kind) {
  return kNames[static_cast<size_t>(kind)].name;
}

std::string_view ChineseName(ColumnKind kind) {
  return kNames[static_cast<size_t>(kind)].chinese;
}

}  // namespace sluice::recognise
