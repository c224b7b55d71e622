#include "cli/inspection_text.h"

#include <fmt/format.h>

#include <algorithm>

namespace sluice::cli {
namespace {

constexpr size_t kLongestSample = 60;

// At most so many bytes, cut between characters.
std::string Cut(std::string_view text) {
  if (text.size() <= kLongestSample) return std::string(text);
  size_t end = kLongestSample;
  while (end > 0 && (text[end] & 0xC0) == 0x80) --end;
  return std::string(text.substr(0, end)) + "…";
}

std::string_view TypeInWords(plan::planpb::FieldType type, Language language) {
  switch (type) {
    case plan::planpb::FIELD_TYPE_EMAIL:
      return Say(language, "no e-mail address", "不是有效邮箱");
    case plan::planpb::FIELD_TYPE_PHONE:
      return Say(language, "no phone number", "不是有效电话号码");
    case plan::planpb::FIELD_TYPE_URL:
      return Say(language, "no web address", "不是有效网址");
    case plan::planpb::FIELD_TYPE_DOMAIN:
      return Say(language, "no domain", "不是有效域名");
    case plan::planpb::FIELD_TYPE_DATE:
    case plan::planpb::FIELD_TYPE_DATETIME:
      return Say(language, "no date of a known form", "不是可识别的日期");
    case plan::planpb::FIELD_TYPE_INTEGER:
    case plan::planpb::FIELD_TYPE_DECIMAL:
    case plan::planpb::FIELD_TYPE_CURRENCY:
      return Say(language, "no number", "不是数字");
    case plan::planpb::FIELD_TYPE_BOOLEAN:
      return Say(language, "neither yes nor no", "不是“是/否”");
    case plan::planpb::FIELD_TYPE_PICKLIST:
      return Say(language, "no option of the field", "不在选项中");
    default:
      return Say(language, "too long", "过长");
  }
}

}  // namespace

std::vector<std::string> SampleValues(const Inspection& inspection, size_t column, size_t most) {
  std::vector<std::string> values;
  for (const auto& row : inspection.shape.sample_rows) {
    if (values.size() == most) break;
    if (column >= row.size() || row[column].find_first_not_of(" \t\r\n") == std::string::npos) {
      continue;
    }
    std::string value = Cut(row[column]);
    if (std::find(values.begin(), values.end(), value) == values.end()) {
      values.push_back(std::move(value));
    }
  }
  return values;
}

std::vector<std::string> ReasonsOf(const Inspection& inspection, size_t column, Language language) {
  std::vector<std::string> reasons;
  const plan::SuggestedColumn& suggested = inspection.columns[column];
  for (const recognise::Evidence& evidence : suggested.column.evidence) {
    reasons.emplace_back(Say(language, evidence.english, evidence.chinese));
  }
  if (!suggested.to.has_value() || suggested.to->unfit == 0) return reasons;
  const auto& field = inspection.dataset.fields(static_cast<int>(suggested.to->field));
  const std::string_view words = TypeInWords(field.type(), language);
  const bool kept = KeepsUnfit(field, *suggested.to);
  const std::string fate =
      kept ? fmt::format(
                 fmt::runtime(Say(language, "kept in custom._unfit.{}", "保留在 custom._unfit.{}")),
                 field.name())
           : std::string(Say(language, "left out, with an issue", "不导入该值，并记录问题"));
  reasons.push_back(fmt::format(
      fmt::runtime(Say(language, "{0} of {1} are {2}: {3}", "{1} 个值中有 {0} 个{2}：{3}")),
      suggested.to->unfit, suggested.to->values, words, fate));
  return reasons;
}

std::string DelimiterName(char delimiter) {
  return delimiter == '\t' ? "tab" : std::string(1, delimiter);
}

}  // namespace sluice::cli
