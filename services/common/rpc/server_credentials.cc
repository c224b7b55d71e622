#include "common/rpc/server_credentials.h"

#include <grpc/grpc.h>
#include <grpc/grpc_security.h>
#include <grpc/slice.h>
#include <grpcpp/security/auth_metadata_processor.h>
#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_credentials_options.h>

#include <string_view>

#include "common/base/status.h"
#include "common/rpc/pem_file.h"
#include "common/rpc/status.h"

namespace sluice::rpc {
namespace {

constexpr unsigned kLookEverySeconds = 1;
constexpr std::string_view kScheme = "Bearer ";

std::string_view View(const grpc::string_ref& text) {
  return {text.data(), text.size()};
}

// Looks at every call before its handler, and before its first message, is.
class AccessProcessor : public grpc::AuthMetadataProcessor {
 public:
  explicit AccessProcessor(std::shared_ptr<AccessList> access) : access_(std::move(access)) {}

  // A look at a file's time and a hash: not worth a thread.
  bool IsBlocking() const override { return false; }

  grpc::Status Process(const InputMetadata& metadata, grpc::AuthContext*, OutputMetadata* consumed,
                       OutputMetadata*) override {
    const auto path = metadata.find(":path");
    if (path == metadata.end()) return {grpc::StatusCode::INTERNAL, "a call without a method"};
    std::string_view token;
    const auto authorization = metadata.find("authorization");
    if (authorization != metadata.end()) {
      token = View(authorization->second);
      // Handlers have no use for it.
      if (consumed != nullptr) consumed->emplace("authorization", std::string(token));
      if (token.starts_with(kScheme)) token.remove_prefix(kScheme.size());
    }
    return ToGrpc(access_->Check(View(path->second), token));
  }

 private:
  const std::shared_ptr<AccessList> access_;
};

// grpc++ has no tokens without TLS: its InsecureServerCredentials stop the process when they are
// given a processor. The C library has them.
class PlainCredentials : public grpc::ServerCredentials {
 public:
  PlainCredentials() : credentials_(grpc_insecure_server_credentials_create()) {}
  ~PlainCredentials() override { grpc_server_credentials_release(credentials_); }
  PlainCredentials(const PlainCredentials&) = delete;
  PlainCredentials& operator=(const PlainCredentials&) = delete;

  void SetAuthMetadataProcessor(
      const std::shared_ptr<grpc::AuthMetadataProcessor>& processor) override {
    auto state = std::make_unique<std::shared_ptr<grpc::AuthMetadataProcessor>>(processor);
    grpc_server_credentials_set_auth_metadata_processor(credentials_,
                                                        {&Process, &Destroy, state.release()});
  }

 private:
  using State = std::shared_ptr<grpc::AuthMetadataProcessor>;

  int AddPortToServer(const std::string& address, grpc_server* server) override {
    return grpc_server_add_http2_port(server, address.c_str(), credentials_);
  }

  static grpc::string_ref Text(const grpc_slice& slice) {
    return {reinterpret_cast<const char*>(GRPC_SLICE_START_PTR(slice)), GRPC_SLICE_LENGTH(slice)};
  }

  static void Process(void* state, grpc_auth_context*, const grpc_metadata* metadata, size_t count,
                      grpc_process_auth_metadata_done_cb done, void* user_data) {
    grpc::AuthMetadataProcessor::InputMetadata input;
    for (size_t i = 0; i < count; ++i) {
      input.emplace(Text(metadata[i].key), Text(metadata[i].value));
    }
    const grpc::Status status =
        (*static_cast<State*>(state))->Process(input, nullptr, nullptr, nullptr);
    done(user_data, nullptr, 0, nullptr, 0, static_cast<grpc_status_code>(status.error_code()),
         status.error_message().c_str());
  }
  static void Destroy(void* state) { delete static_cast<State*>(state); }

  grpc_server_credentials* const credentials_;
};

absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> MakeTls(const ServerTls& tls) {
  SLUICE_RETURN_IF_ERROR(CheckPem(tls.certificate_file, "grpc.tls.certificate_file"));
  SLUICE_RETURN_IF_ERROR(CheckPem(tls.key_file, "grpc.tls.key_file"));
  if (!tls.client_ca_file.empty()) {
    SLUICE_RETURN_IF_ERROR(CheckPem(tls.client_ca_file, "grpc.tls.client_ca_file"));
  }
  grpc::experimental::TlsServerCredentialsOptions options(
      std::make_shared<grpc::experimental::FileWatcherCertificateProvider>(
          tls.key_file, tls.certificate_file, tls.client_ca_file, kLookEverySeconds));
  options.watch_identity_key_cert_pairs();
  if (!tls.client_ca_file.empty()) {
    options.watch_root_certs();
    options.set_cert_request_type(GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  }
  auto credentials = grpc::experimental::TlsServerCredentials(options);
  if (credentials == nullptr) return absl::InternalError("gRPC takes no TLS");
  return credentials;
}

}  // namespace

absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> MakeServerCredentials(
    const ServerTls& tls, const std::shared_ptr<AccessList>& access) {
  if (tls.certificate_file.empty() != tls.key_file.empty()) {
    return absl::InvalidArgumentError(
        "grpc.tls.certificate_file and grpc.tls.key_file belong together: set both or none");
  }
  if (tls.certificate_file.empty() && !tls.client_ca_file.empty()) {
    return absl::InvalidArgumentError(
        "grpc.tls.client_ca_file needs grpc.tls.certificate_file and grpc.tls.key_file");
  }
  std::shared_ptr<grpc::ServerCredentials> credentials;
  if (tls.certificate_file.empty()) {
    credentials = std::make_shared<PlainCredentials>();
  } else {
    SLUICE_ASSIGN_OR_RETURN(credentials, MakeTls(tls));
  }
  if (access != nullptr) {
    credentials->SetAuthMetadataProcessor(std::make_shared<AccessProcessor>(access));
  }
  return credentials;
}

}  // namespace sluice::rpc
