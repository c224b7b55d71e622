#include "common/normalize/domain.h"

#include <algorithm>
#include <array>

#include "common/normalize/url.h"

namespace sluice::normalize {
namespace {

// Where anybody may have an address.
constexpr std::array<std::string_view, 27> kMailProviders = {
    "126.com",     "139.com",    "163.com",  "163.net",     "188.com",   "189.cn",
    "21cn.com",    "aliyun.com", "aol.com",  "foxmail.com", "gmail.com", "gmx.com",
    "hotmail.com", "icloud.com", "live.com", "mail.ru",     "me.com",    "msn.com",
    "outlook.com", "proton.me",  "qq.com",   "sina.cn",     "sina.com",  "sohu.com",
    "tom.com",     "yahoo.com",  "yeah.net"};

}  // namespace

ValueResult NormalizeDomain(std::string_view text, std::string& buffer) {
  std::string_view address = text;
  if (address.find("://") == std::string_view::npos) {
    const size_t at = address.rfind('@');
    if (at != std::string_view::npos) address.remove_prefix(at + 1);
  }
  std::string url;
  const ValueResult normal = NormalizeUrl(address, url);
  if (!normal.valid) return ValueResult::Refuse(kInvalidDomain);
  std::string_view host = normal.value;
  host.remove_prefix(host.find("://") + 3);
  host = host.substr(0, host.find_first_of("/?#"));
  if (const size_t user = host.rfind('@'); user != std::string_view::npos) {
    host.remove_prefix(user + 1);
  }
  host = host.substr(0, host.starts_with('[') ? host.size() : host.find(':'));
  constexpr std::string_view kWww = "www.";
  while (host.starts_with(kWww) && host.find('.', kWww.size()) != std::string_view::npos) {
    host.remove_prefix(kWww.size());
  }
  const bool mail = address.size() != text.size();
  const bool provider =
      std::find(kMailProviders.begin(), kMailProviders.end(), host) != kMailProviders.end();
  // Numbers and single names are hosts, but no domains.
  std::string bare;
  if ((mail && provider) || !NormalizeUrl(host, bare).valid) {
    return ValueResult::Refuse(kInvalidDomain);
  }
  buffer.assign(host);
  return ValueResult::Accept(buffer);
}

}  // namespace sluice::normalize
