#include "common/rpc/peer.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

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

}  // namespace

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
