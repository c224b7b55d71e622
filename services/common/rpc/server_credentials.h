// What a listening server shows and asks for: a certificate, a client's certificate, a token.
#pragma once

#include <grpcpp/security/server_credentials.h>

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "common/rpc/access.h"

namespace sluice::rpc {

// Files in PEM, looked at again every second, so that a renewed certificate needs no restart.
struct ServerTls {
  // Both or none; none = no TLS.
  std::string certificate_file;
  std::string key_file;
  // Authorities of the clients' certificates; empty = clients need none.
  std::string client_ca_file;
};

// `access` may be null: then everybody may do everything. InvalidArgument names the
// setting.
absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> MakeServerCredentials(
    const ServerTls& tls, const std::shared_ptr<AccessList>& access);

}  // namespace sluice::rpc
