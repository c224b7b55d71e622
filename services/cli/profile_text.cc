#include "cli/profile_text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "common/base/clock.h"
#include "common/base/json.h"
#include "control/profile_match.h"

namespace sluice::cli {
namespace {

std::string Joined(const google::protobuf::RepeatedPtrField<std::string>& texts,
                   Language language) {
  return fmt::format("{}", fmt::join(texts, Say(language, ", ", "、")));
}

}  // namespace

std::string TextsJson(const google::protobuf::RepeatedPtrField<std::string>& texts) {
  std::string json = "[";
  for (const std::string& text : texts)
    json += (json.size() > 1 ? "," : "") + base::JsonString(text);
  return json + "]";
}

std::string SavedAt(const controlpb::Profile& profile) {
  return base::FormatTime(absl::FromUnixSeconds(profile.saved_at().seconds()) +
                          absl::Nanoseconds(profile.saved_at().nanos()));
}

std::string ProfileJson(const controlpb::Profile& profile) {
  const std::vector<std::string> columns(profile.columns().begin(), profile.columns().end());
  return fmt::format(
      "{{\"name\":{},\"version\":{},\"saved_at\":{},\"dataset\":{},\"columns\":{},"
      "\"fingerprint\":{}}}",
      base::JsonString(profile.name()), profile.version(), base::JsonString(SavedAt(profile)),
      base::JsonString(profile.dataset()), TextsJson(profile.columns()),
      columns.empty() ? "null" : base::JsonString(control::FingerprintOf(columns, false)));
}

std::string ProfileMatchJson(const controlpb::ProfileMatch& match) {
  return fmt::format("{{\"name\":{},\"version\":{},\"exact\":{},\"missing\":{},\"added\":{}}}",
                     base::JsonString(match.profile().name()), match.profile().version(),
                     match.exact(), TextsJson(match.missing()), TextsJson(match.added()));
}

std::string DifferenceText(const controlpb::ProfileMatch& match, Language language) {
  if (match.exact()) {
    return std::string(
        Say(language, "fits exactly: an import uses it", "完全符合：导入时自动使用"));
  }
  if (match.missing().empty() && match.added().empty()) {
    return std::string(Say(language, "the columns stand in another order", "列的顺序不同"));
  }
  std::string text(Say(language, "comes close", "相近"));
  if (!match.missing().empty()) {
    text += fmt::format(fmt::runtime(Say(language, "; the file lacks {}", "；文件缺少 {}")),
                        Joined(match.missing(), language));
  }
  if (!match.added().empty()) {
    text += fmt::format(fmt::runtime(Say(language, "; the file has besides {}", "；文件多出 {}")),
                        Joined(match.added(), language));
  }
  return text;
}

}  // namespace sluice::cli
