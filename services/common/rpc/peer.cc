#include "common/rpc/peer.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <string_view>
#include <system_error>

#include "absl/strings/ascii.h"
#include "common/base/byte_source.h"
#include "common/base/status.h"
#include "common/rpc/pem_file.h"

namespace sluice::rpc {
namespace {

// Of "host:port", "[::1]:port" or a host alone.
bool IsLoopbackHost(std::string_view host) {
  if (host.starts_with("[")) {
    host = host.substr(1, host.find(']') - 1);
  } else if (std::count(host.begin(), host.end(), ':') == 1) {
    host = host.substr(0, host.find(':'));
  }
  return host == "localhost" || host == "::1" || host.starts_with("127.");
}

bool IsHostAndPort(std::string_view text) {
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return false;
  std::string_view host = text.substr(0, colon);
  int port = 0;
  const std::string_view digits = text.substr(colon + 1);
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (read.ec != std::errc() || read.ptr != digits.data() + digits.size()) return false;
  if (port < 1 || port > 65535) return false;
  if (host.starts_with("[") && host.ends_with("]")) {
    host = host.substr(1, host.size() - 2);
    return !host.empty() && host.find_first_not_of("0123456789abcdefABCDEF:.%") == host.npos;
  }
  return !host.empty() && std::all_of(host.begin(), host.end(), [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '-' || c == '_';
  });
}

bool IsAddress(std::string_view text) {
  if (text.starts_with("unix:")) return text.size() > 5;
  for (const std::string_view scheme : {"dns:///", "dns:"}) {
    if (text.starts_with(scheme)) return IsHostAndPort(text.substr(scheme.size()));
  }
  for (const std::string_view scheme : {"ipv4:", "ipv6:"}) {
    if (!text.starts_with(scheme)) continue;
    text.remove_prefix(scheme.size());
    while (true) {
      const size_t comma = text.find(',');
      if (!IsHostAndPort(text.substr(0, comma))) return false;
      if (comma == std::string_view::npos) return true;
      text.remove_prefix(comma + 1);
    }
  }
  return IsHostAndPort(text);
}

}  // namespace

absl::Status CheckAddress(const std::string& address) {
  if (IsAddress(address)) return absl::OkStatus();
  return absl::InvalidArgumentError(
      fmt::format("'{}' is no address: host:port, with a port from 1 to 65535, or several as "
                  "ipv4:ADDRESS:PORT,ADDRESS:PORT",
                  address));
}

bool IsLoopback(const std::string& address) {
  std::string_view rest = address;
  if (rest.starts_with("unix:")) return true;
  for (const std::string_view scheme : {"ipv4:", "ipv6:", "dns:///", "dns:"}) {
    if (!rest.starts_with(scheme)) continue;
    rest.remove_prefix(scheme.size());
    break;
  }
  while (true) {
    const size_t comma = rest.find(',');
    if (!IsLoopbackHost(rest.substr(0, comma))) return false;
    if (comma == std::string_view::npos) return true;
    rest.remove_prefix(comma + 1);
  }
}

absl::Status Peer::Validate() const {
  if (certificate_file.empty() != key_file.empty()) {
    return absl::InvalidArgumentError(
        "grpc.tls.certificate_file and grpc.tls.key_file belong together: set both or none");
  }
  if (!ca_file.empty()) {
    SLUICE_RETURN_IF_ERROR(CheckPem(ca_file, "grpc.tls.ca_file"));
    if (!certificate_file.empty()) {
      SLUICE_RETURN_IF_ERROR(CheckPem(certificate_file, "grpc.tls.certificate_file"));
      SLUICE_RETURN_IF_ERROR(CheckPem(key_file, "grpc.tls.key_file"));
    }
  }
  if (!token_file.empty() && token.empty()) {
    const absl::Status read = base::ReadSmallFile(token_file, 4096).status();
    if (!read.ok()) {
      return absl::InvalidArgumentError(fmt::format("grpc.token_file: {}", base::Message(read)));
    }
  }
  const bool shows_token = !token.empty() || !token_file.empty();
  if (shows_token && ca_file.empty() && !insecure && !IsLoopback(address)) {
    return absl::InvalidArgumentError(
        fmt::format("a token would go to {} for everybody on the way to read: set "
                    "grpc.tls.ca_file, or grpc.insecure: true where the network is trusted",
                    address));
  }
  return absl::OkStatus();
}

}  // namespace sluice::rpc
