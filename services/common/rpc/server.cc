#include "common/rpc/server.h"

#include <fmt/format.h>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/resource_quota.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>

#include "common/base/status.h"
#include "common/rpc/peer.h"

namespace sluice::rpc {
namespace {

// Calls at once on one connection.
constexpr int kStreamsMax = 100;
constexpr int kHeaderBytesMax = 16 << 10;

void SetLimits(const ServerOptions& options, grpc::ServerBuilder& builder) {
  builder.SetMaxReceiveMessageSize(options.received_bytes_max);
  builder.SetMaxSendMessageSize(options.message_bytes_max);
  grpc::ResourceQuota quota("server");
  quota.SetMaxThreads(options.threads_max);
  builder.SetResourceQuota(quota);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, kStreamsMax);
  builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, kHeaderBytesMax);
  // Our clients ask every 30 s whether the connection is alive, also while a watched import stands
  // still; who asks more often than every 10 s is sent away.
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 10'000);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_PING_STRIKES, 2);
  // A client that is gone without a word holds a thread for no longer.
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, 30'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10'000);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_IDLE_MS, 600'000);
}

}  // namespace

absl::Status CheckExposure(const ServerOptions& options) {
  if (IsLoopback(options.host)) return absl::OkStatus();
  std::string missing;
  if (options.tls.certificate_file.empty()) {
    missing = "no TLS (grpc.tls.certificate_file, grpc.tls.key_file)";
  }
  if (options.access_file.empty() && options.tls.client_ca_file.empty()) {
    missing += fmt::format("{}no access control (grpc.access_file or grpc.tls.client_ca_file)",
                           missing.empty() ? "" : " and ");
  }
  if (missing.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(fmt::format(
      "other machines reach gRPC at {} (grpc.host), which has {}", options.host, missing));
}

Server::~Server() {
  Stop(absl::ZeroDuration());
}

absl::Status Server::Start() {
  if (server_ != nullptr) return absl::OkStatus();
  const absl::Status exposure = CheckExposure(options_);
  if (!exposure.ok() && !options_.insecure) {
    return absl::InvalidArgumentError(fmt::format(
        "{}; grpc.insecure: true allows it where the network is trusted", base::Message(exposure)));
  }
  std::shared_ptr<AccessList> access;
  if (!options_.access_file.empty()) {
    SLUICE_ASSIGN_OR_RETURN(access, AccessList::Open(options_.access_file, options_.on_problem));
  }
  SLUICE_ASSIGN_OR_RETURN(const auto credentials, MakeServerCredentials(options_.tls, access));
  grpc::EnableDefaultHealthCheckService(true);
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  grpc::ServerBuilder builder;
  int bound = 0;
  builder.AddListeningPort(fmt::format("{}:{}", options_.host, options_.port), credentials, &bound);
  if (!options_.local_path.empty()) {
    // One that was killed has left its own.
    ::unlink(options_.local_path.c_str());
    builder.AddListeningPort("unix:" + options_.local_path, grpc::InsecureServerCredentials());
  }
  SetLimits(options_, builder);
  // Two processes on one port would share the calls without anybody noticing.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  for (grpc::Service* const service : services_) builder.RegisterService(service);
  server_ = builder.BuildAndStart();
  if (server_ == nullptr || bound == 0) {
    server_.reset();
    return absl::UnavailableError(
        fmt::format("cannot listen on {}:{}: is it in use?", options_.host, options_.port));
  }
  if (!options_.local_path.empty()) ::chmod(options_.local_path.c_str(), 0600);
  port_ = static_cast<uint16_t>(bound);
  SetServing(true);
  return absl::OkStatus();
}

std::shared_ptr<grpc::Channel> Server::InProcess() {
  return server_->InProcessChannel({});
}

void Server::SetServing(bool serving) {
  if (server_ != nullptr) server_->GetHealthCheckService()->SetServingStatus(serving);
}

void Server::Stop(absl::Duration patience) {
  if (server_ == nullptr) return;
  SetServing(false);
  server_->Shutdown(std::chrono::system_clock::now() +
                    std::chrono::milliseconds(absl::ToInt64Milliseconds(patience)));
  server_->Wait();
  server_.reset();
  port_ = 0;
}

}  // namespace sluice::rpc
