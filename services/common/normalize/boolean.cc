#include "common/normalize/boolean.h"

#include <algorithm>
#include <array>

namespace sluice::normalize {
namespace {

constexpr std::array<std::string_view, 8> kTrue = {"true", "yes", "y", "1", "是", "对", "有", "✓"};
constexpr std::array<std::string_view, 8> kFalse = {"false", "no", "n", "0", "否", "错", "无", "✗"};

}  // namespace

ValueResult NormalizeBoolean(std::string_view text, std::string& buffer) {
  buffer.assign(text.substr(0, 8));
  for (char& c : buffer) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  }
  if (text.size() > buffer.size()) return ValueResult::Refuse(kTypeMismatch);
  if (std::find(kTrue.begin(), kTrue.end(), buffer) != kTrue.end()) {
    return ValueResult::Accept("true");
  }
  if (std::find(kFalse.begin(), kFalse.end(), buffer) != kFalse.end()) {
    return ValueResult::Accept("false");
  }
  return ValueResult::Refuse(kTypeMismatch);
}

}  // namespace sluice::normalize
