#include "common/plan/header_match.h"

#include "common/normalize/text.h"

namespace sluice::plan {
namespace {

bool IsPunctuation(unsigned char c) {
  return c < 0x80 && !((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'));
}

}  // namespace

std::string HeaderKey(std::string_view header) {
  std::string buffer;
  const normalize::TextResult folded =
      normalize::NormalizeText(header, normalize::TextKind::kBoolean, {}, buffer);
  std::string key;
  int depth = 0;
  for (const char c : folded.value) {
    if (c == '(' || c == '[') ++depth;
    if (depth == 0 && !IsPunctuation(static_cast<unsigned char>(c))) {
      key.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c);
    }
    if ((c == ')' || c == ']') && depth > 0) --depth;
  }
  return key;
}

std::optional<uint32_t> FindColumn(const std::vector<std::string>& headers, std::string_view name) {
  for (size_t i = 0; i < headers.size(); ++i) {
    if (headers[i] == name) return static_cast<uint32_t>(i);
  }
  const std::string key = HeaderKey(name);
  std::optional<uint32_t> found;
  for (size_t i = 0; i < headers.size(); ++i) {
    if (key.empty() || HeaderKey(headers[i]) != key) continue;
    if (found.has_value()) return std::nullopt;
    found = static_cast<uint32_t>(i);
  }
  return found;
}

}  // namespace sluice::plan
