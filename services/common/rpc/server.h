// The gRPC side of a running process: its services, the standard health service and reflection.
#pragma once

#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/rpc/server_credentials.h"

namespace sluice::rpc {

struct ServerOptions {
  std::string host = "127.0.0.1";
  // 0 takes a free port; see Server::port().
  uint16_t port = 7400;
  ServerTls tls;
  // Who may call what; empty = everybody everything. See access.h.
  std::string access_file;
  AccessList::OnProblem on_problem;
  // Other machines may reach it without TLS or without any access control.
  bool insecure = false;
  // A socket in the file system besides, for who may reach its folder: neither TLS nor token.
  // Empty = none.
  std::string local_path;
  // Of one message that is sent, and of one that comes: a larger one is refused before it is read.
  int message_bytes_max = 64 << 20;
  int received_bytes_max = 64 << 20;
  // Threads that serve calls at once, a watching call has one for itself; a further call is refused
  // with ResourceExhausted.
  int threads_max = 64;
};

// OK when no other machine can reach it, or it has TLS and asks clients for a token or a
// certificate. Else InvalidArgument says what is missing.
absl::Status CheckExposure(const ServerOptions& options);

// Start and Stop belong to one thread.
class Server {
 public:
  // The services outlive it.
  Server(ServerOptions options, std::vector<grpc::Service*> services)
      : options_(std::move(options)), services_(std::move(services)) {}
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Unavailable when the address cannot be bound. InvalidArgument names the setting that is wrong;
  // one is a server that CheckExposure does not pass without `insecure`.
  absl::Status Start();
  // A channel to it inside this process: neither TLS nor token. While it serves.
  std::shared_ptr<grpc::Channel> InProcess();
  // What the health service says, for all services.
  void SetServing(bool serving);
  // Waits for running calls, at most as long; then they are cancelled. Again is harmless.
  void Stop(absl::Duration patience);
  // The bound port while serving, else 0.
  uint16_t port() const { return port_; }

 private:
  const ServerOptions options_;
  const std::vector<grpc::Service*> services_;
  std::unique_ptr<grpc::Server> server_;
  uint16_t port_ = 0;
};

}  // namespace sluice::rpc
