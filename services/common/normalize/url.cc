#include "common/normalize/url.h"

#include <algorithm>
#include <array>

#include "common/normalize/unicode.h"

namespace sluice::normalize {
namespace {

constexpr size_t kLongestUrl = 2048;
constexpr size_t kLongestHost = 253;
constexpr size_t kLongestLabel = 63;
constexpr std::array<std::string_view, 3> kSchemes = {"http", "https", "ftp"};

struct Parts {
  std::string_view scheme;    // empty for a bare host
  std::string_view userinfo;  // with its @
  std::string_view host;
  std::string_view rest;  // port, path, query, fragment
};

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}

std::string LowerAscii(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  }
  return lower;
}

Parts Split(std::string_view text) {
  Parts parts;
  const size_t scheme = text.find("://");
  if (scheme != std::string_view::npos && scheme < text.find_first_of("/?#")) {
    parts.scheme = text.substr(0, scheme);
    text.remove_prefix(scheme + 3);
  }
  const size_t authority = std::min(text.find_first_of("/?#"), text.size());
  const size_t at = text.substr(0, authority).rfind('@');
  if (at != std::string_view::npos) {
    parts.userinfo = text.substr(0, at + 1);
    text.remove_prefix(at + 1);
  }
  size_t host_end = std::min(text.find_first_of("/?#:"), text.size());
  if (!text.empty() && text[0] == '[') {
    host_end = std::min(text.find(']'), text.size() - 1) + 1;
  }
  parts.host = text.substr(0, host_end);
  parts.rest = text.substr(host_end);
  return parts;
}

// `[` hexadecimal digits, colons and dots `]`.
bool IsIpv6Literal(std::string_view host) {
  if (host.size() < 4 || host.front() != '[' || host.back() != ']') return false;
  const std::string_view inner = host.substr(1, host.size() - 2);
  return std::count(inner.begin(), inner.end(), ':') >= 2 &&
         inner.find_first_not_of("0123456789abcdefABCDEF:.") == std::string_view::npos;
}

bool IsLabel(std::string_view label) {
  if (label.empty() || label.size() > kLongestLabel) return false;
  if (label.front() == '-' || label.back() == '-') return false;
  for (size_t at = 0; at < label.size();) {
    bool well_formed = true;
    const char32_t c = NextCharacter(label, at, well_formed);
    if (!well_formed || (c != '-' && c != '_' && !IsNameCharacter(c))) return false;
  }
  return true;
}

bool IsHost(std::string_view host, bool bare) {
  if (host.empty() || host.size() > kLongestHost) return false;
  if (!bare && host.front() == '[') return IsIpv6Literal(host);
  size_t labels = 0;
  std::string_view last;
  for (size_t at = 0; at <= host.size();) {
    const size_t end = std::min(host.find('.', at), host.size());
    last = host.substr(at, end - at);
    if (!IsLabel(last)) return false;
    ++labels;
    at = end + 1;
  }
  return !bare || (labels >= 2 && !std::all_of(last.begin(), last.end(), IsDigit));
}

// A port, where there is one, and nothing after it that cannot be in a URL.
bool IsRest(std::string_view rest) {
  if (rest.starts_with(':')) {
    const size_t end = std::min(rest.find_first_of("/?#"), rest.size());
    const std::string_view port = rest.substr(1, end - 1);
    if (port.empty() || port.size() > 5 || !std::all_of(port.begin(), port.end(), IsDigit)) {
      return false;
    }
    unsigned number = 0;
    for (const char c : port) number = number * 10 + static_cast<unsigned>(c - '0');
    if (number == 0 || number > 65535) return false;
    rest.remove_prefix(end);
  }
  if (!rest.empty() && rest[0] != '/' && rest[0] != '?' && rest[0] != '#') return false;
  for (size_t at = 0; at < rest.size();) {
    bool well_formed = true;
    const char32_t c = NextCharacter(rest, at, well_formed);
    if (!well_formed || c == 0x7F || IsWhiteSpace(c) || c < 0x20) return false;
    if (c == '<' || c == '>' || c == '"' || c == '\\' || c == '^' || c == '`') return false;
  }
  return true;
}

bool IsUserinfo(std::string_view userinfo) {
  return std::all_of(userinfo.begin(), userinfo.end(), [](char c) {
    return c > 0x20 && c < 0x7F && c != '<' && c != '>' && c != '"' && c != '\\';
  });
}

}  // namespace

ValueResult NormalizeUrl(std::string_view text, std::string& buffer) {
  const Parts parts = Split(text);
  const bool bare = parts.scheme.empty();
  const std::string scheme = bare ? "http" : LowerAscii(parts.scheme);
  const bool known = std::find(kSchemes.begin(), kSchemes.end(), scheme) != kSchemes.end();
  const bool userinfo = bare ? parts.userinfo.empty() : IsUserinfo(parts.userinfo);
  if (text.size() > kLongestUrl || !known || !userinfo || !IsHost(parts.host, bare) ||
      !IsRest(parts.rest)) {
    return ValueResult::Refuse(kInvalidUrl);
  }
  std::string url = scheme + "://";
  url.append(parts.userinfo);
  AppendLower(parts.host, url);
  url.append(parts.rest);
  if (url == text) return ValueResult::Accept(text);
  buffer = std::move(url);
  return ValueResult::Accept(buffer, {Repair::kUrlNormalized});
}

}  // namespace sluice::normalize
