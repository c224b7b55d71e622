#include "common/rpc/server.h"

#include <fmt/format.h>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/resource_quota.h>
#include <grpcpp/security/server_credentials.h>

#include <chrono>

namespace sluice::rpc {

Server::~Server() {
  Stop(absl::ZeroDuration());
}

absl::Status Server::Start() {
  if (server_ != nullptr) return absl::OkStatus();
  grpc::EnableDefaultHealthCheckService(true);
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  grpc::ServerBuilder builder;
  int bound = 0;
  builder.AddListeningPort(fmt::format("{}:{}", options_.host, options_.port),
                           grpc::InsecureServerCredentials(), &bound);
  builder.SetMaxReceiveMessageSize(options_.message_bytes_max);
  builder.SetMaxSendMessageSize(options_.message_bytes_max);
  // Two processes on one port would share the calls without anybody noticing.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  grpc::ResourceQuota quota("server");
  quota.SetMaxThreads(options_.threads_max);
  builder.SetResourceQuota(quota);
  for (grpc::Service* const service : services_) builder.RegisterService(service);
  server_ = builder.BuildAndStart();
  if (server_ == nullptr || bound == 0) {
    server_.reset();
    return absl::UnavailableError(
        fmt::format("cannot listen on {}:{}: is it in use?", options_.host, options_.port));
  }
  port_ = static_cast<uint16_t>(bound);
  SetServing(true);
  return absl::OkStatus();
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
