// The HTTP side of a running process: GET /metrics, /livez and /readyz.
//
//   /metrics            all series in the Prometheus text format
//   /livez, /readyz     200 or 503; `?verbose` adds a line a check: `[+]name ok`, `[-]name reason`,
//                       or `[+]name ok: note` for what is well but should be known
//
// Anything else is 404, other methods are 405. Runs on one thread of its own; checks and collectors
// run on that thread and must not block.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/telemetry/metrics.h"

namespace sluice::telemetry {

// OK, or why not; the message is shown to whoever may reach the port, so no secrets in it.
using HealthCheck = std::function<absl::Status()>;
// What to know about a check that is OK; empty for nothing.
using HealthNote = std::function<std::string()>;

struct HttpOptions {
  // A name or an address to listen on.
  std::string host = "127.0.0.1";
  // 0 takes a free port; see HttpServer::port().
  uint16_t port = 7401;
  // Bytes of request line and headers together, and of a body.
  uint32_t header_bytes_max = 16 * 1024;
  uint64_t body_bytes_max = uint64_t{16} * 1024;
  // From the first byte of a request to its last, and for the whole of an answer.
  absl::Duration request_timeout = absl::Seconds(20);
  // Between two requests on a connection.
  absl::Duration idle_timeout = absl::Seconds(60);
  // Connections at once; further ones are closed at once.
  uint32_t connections_max = 64;
};

// Start and Stop may be called from any one thread at a time; checks are added before Start.
class HttpServer {
 public:
  // The registry outlives the server.
  HttpServer(HttpOptions options, Registry& registry);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // Liveness: only what a restart would mend. Readiness: whether work should be sent here.
  void AddLivenessCheck(std::string name, HealthCheck check);
  void AddReadinessCheck(std::string name, HealthCheck check, HealthNote note = nullptr);

  // Binds and serves. Calling it again while it serves does nothing. Fails if the address cannot
  // be bound: AlreadyExists when it is in use, PermissionDenied, or InvalidArgument for a bad host.
  absl::Status Start();
  // Closes all connections and ends the thread; again is harmless.
  void Stop();

  // The bound port while serving, else 0.
  uint16_t port() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sluice::telemetry
