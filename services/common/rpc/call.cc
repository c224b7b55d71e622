#include "common/rpc/call.h"

#include <fmt/format.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

#include <chrono>
#include <thread>

#include "common/rpc/status.h"

namespace sluice::rpc {
namespace {

constexpr int kMessageBytesMax = 64 << 20;
constexpr std::chrono::milliseconds kFirstPause(100);

}  // namespace

std::shared_ptr<grpc::Channel> OpenChannel(const std::string& address) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMessageBytesMax);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 2000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 30'000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10'000);
  // A machine's proxy is not for the services of one installation.
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  return grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
}

absl::Status StatusOfStream(const std::string& address, const grpc::Status& status) {
  if (status.error_code() != grpc::StatusCode::UNAVAILABLE) return FromGrpc(status);
  return absl::UnavailableError(
      fmt::format("control does not answer at {}: {}", address, status.error_message()));
}

absl::Status Call(const std::string& address, const CallOptions& options, const Attempt& attempt) {
  auto pause = kFirstPause;
  for (int left = options.attempts;; --left) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() +
                         std::chrono::milliseconds(absl::ToInt64Milliseconds(options.deadline)));
    const grpc::Status status = attempt(context);
    if (status.error_code() != grpc::StatusCode::UNAVAILABLE || left <= 1) {
      return StatusOfStream(address, status);
    }
    // A pause between attempts, nothing waits for it.
    std::this_thread::sleep_for(pause);
    pause *= 2;
  }
}

}  // namespace sluice::rpc
