#include "cli/reason_text.h"

#include <algorithm>
#include <array>

namespace sluice::cli {
namespace {

struct Reason {
  std::string_view code;
  std::string_view english;
  std::string_view chinese;
  bool repair = false;
};

constexpr std::array kReasons = {
    Reason{"control_removed", "invisible characters were removed", "去掉了不可见字符", true},
    Reason{"width_folded", "full-width characters became half-width", "全角字符转为半角", true},
    Reason{"unicode_composed", "characters were put into their usual form (NFC)",
           "字符转为规范形式（NFC）", true},
    Reason{"trimmed", "blanks at the ends were removed", "去掉了首尾空格", true},
    Reason{"whitespace_collapsed", "runs of blanks became one", "多个空格合并为一个", true},
    Reason{"placeholder_removed", "stands for nothing, so it is taken as blank",
           "占位内容，按空白处理", true},
    Reason{"email_normalized", "the e-mail address was put into its usual form", "邮箱转为规范写法",
           true},
    Reason{"phone_formatted", "the phone number was put into its usual form", "电话转为规范写法",
           true},
    Reason{"url_normalized", "the web address was put into its usual form", "网址转为规范写法",
           true},
    Reason{"invalid_email", "not a valid e-mail address", "邮箱格式不正确"},
    Reason{"invalid_phone", "not a valid phone number", "电话号码不正确"},
    Reason{"invalid_url", "not a valid web address", "网址不正确"},
    Reason{"type_mismatch", "does not fit the type of the field", "与字段类型不符"},
    Reason{"ambiguous_date",
           "could be day and month or month and day: say which with 'dates' in the mapping",
           "无法判断日在前还是月在前，请在映射中用 dates 指明"},
    Reason{"wrong_date_order", "not in the order of its column ('dates' in the mapping)",
           "日月顺序与本列（映射中的 dates）不符"},
    Reason{"too_long", "longer than the field allows", "超过字段的最大长度"},
    Reason{"unknown_option", "not one of the options", "不在可选值之内"},
    Reason{"expression_failed", "the expression of the mapping fails for this row",
           "映射中的表达式对这一行出错"},
    Reason{"required_missing", "this field must be filled in", "必填项为空"},
    Reason{"short_row", "the row has fewer cells than the header", "这一行的单元格比表头少"},
    Reason{"long_row", "the row has more cells than the header", "这一行的单元格比表头多"},
    Reason{"undecodable", "bytes that are not text in the encoding of the file",
           "有无法按文件编码读取的字符"},
    Reason{"mixed_encoding", "in UTF-8, which the rest of the file is not; read as UTF-8",
           "该行为 UTF-8 编码，与文件其余部分不同，已按 UTF-8 读取"},
    Reason{"error_value", "the cell holds an error of the spreadsheet", "单元格是表格软件的错误值"},
    Reason{
        "not_computed",
        "a formula whose result is not in the file: open it in a spreadsheet program and save it",
        "公式的结果没有保存在文件中：请用表格软件打开并保存后再导入"},
    Reason{"digits_lost", "a number so long that the spreadsheet lost its last digits",
           "数字过长，表格软件已丢失末尾数字"},
    Reason{"scientific_notation", "a long number that the spreadsheet cut short",
           "长数字被表格软件改成了科学计数法"},
    Reason{"row_too_large", "the row is too large", "这一行内容过大"},
    Reason{"unterminated_quote", "a quoted cell does not end", "引号没有结束"},
    Reason{"invalid_json", "the line is not one JSON object", "这一行不是一个 JSON 对象"},
    Reason{"damaged_record", "the record is damaged", "记录已损坏"},
    Reason{"conflicting_value", "another row of the file gives another value for the same customer",
           "同一客户在文件的另一行有不同的值"},
    Reason{"linked_by_weaker_rule", "found to be the same customer by a weaker rule",
           "按较弱的规则判断为同一客户"},
    Reason{"duplicate_in_import", "the same customer stands in another row of the file",
           "与文件中另一行是同一客户"},
    Reason{"repeated_request", "was sent before", "此前已发送过"},
    Reason{"exists", "the customer is there already", "客户已存在"},
    Reason{"skip_when", "skipped as the mapping says", "按映射规则跳过"},
    Reason{"not_wanted", "somebody has said that it is not to be imported", "已有人确认不导入"},
    Reason{"no_such_row", "the row of the sink that is meant is not there any more",
           "所指的客户已不存在"},
    Reason{"cancelled", "the import was cancelled", "导入已取消"},
    Reason{"ambiguous_match", "several customers match: say which is meant",
           "有多个客户符合，需要人工确认"},
    Reason{"invalid_domain", "not a domain of a company", "不是有效的公司域名"},
    Reason{"unresolved_reference", "there is no row that it refers to", "找不到所引用的记录"},
    Reason{"ambiguous_reference", "it may refer to several rows", "可能引用多条记录，无法确定"},
    Reason{"key_taken", "another customer has this value already", "该值已属于另一位客户"},
};

const Reason* Find(std::string_view code) {
  const auto* const found = std::find_if(kReasons.begin(), kReasons.end(),
                                         [&](const Reason& reason) { return reason.code == code; });
  return found == kReasons.end() ? nullptr : found;
}

}  // namespace

std::string_view OutcomeText(Language language, record::v1::Outcome outcome) {
  switch (outcome) {
    case record::v1::OUTCOME_ADDED:
      return Say(language, "added", "新增");
    case record::v1::OUTCOME_UPDATED:
      return Say(language, "updated", "更新");
    case record::v1::OUTCOME_UNCHANGED:
      return Say(language, "unchanged", "未变");
    case record::v1::OUTCOME_SKIPPED:
      return Say(language, "skipped", "跳过");
    case record::v1::OUTCOME_REJECTED:
      return Say(language, "rejected", "拒绝");
    case record::v1::OUTCOME_REVIEW:
      return Say(language, "review", "待审");
    default:
      return Say(language, "imported", "已导入");
  }
}

std::string_view ReasonText(Language language, std::string_view code) {
  const Reason* const reason = Find(code);
  return reason == nullptr ? code : Say(language, reason->english, reason->chinese);
}

bool IsRepair(std::string_view code) {
  const Reason* const reason = Find(code);
  return reason != nullptr && reason->repair;
}

}  // namespace sluice::cli
