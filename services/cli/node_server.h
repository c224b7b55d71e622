// The gRPC side of an embedded `serve`: the same services as over Kafka, on one node, whose life it
// shares.
#pragma once

#include <memory>
#include <string>

#include "cli/backup_server.h"
#include "cli/embedded_node.h"
#include "cli/preview_run.h"
#include "common/rpc/server.h"
#include "control/import_server.h"
#include "control/profile_server.h"
#include "ingest/push_server.h"

namespace sluice::cli {

// Thread-compatible. What is passed by reference outlives it.
class NodeServer {
 public:
  NodeServer(EmbeddedNode& node, const config::Settings& settings, const DataDirectory& directory,
             const telemetry::Logger& logger, const base::Clock& clock, base::Random& random);

  // Lets the node work, and then answers. As rpc::Server::Start.
  absl::Status Start();
  // Ends the calls: those that watch at once, others within a second.
  void Stop();
  // host:port while it serves.
  std::string address() const;
  // unix:PATH while it serves; empty when there is no socket.
  std::string socket() const;

 private:
  control::ImportServerOptions ImportsOf(const config::Settings& settings,
                                         const DataDirectory& directory);

  EmbeddedNode& node_;
  const ingest::PushLimits push_limits_;
  const rpc::ServerOptions options_;
  control::PreviewStore previews_;
  PreviewRun previewer_;
  control::ImportServer imports_;
  control::ProfileServer profiles_;
  BackupServer backups_;
  std::unique_ptr<ingest::PushServer> pushes_;
  std::unique_ptr<rpc::Server> server_;
};

}  // namespace sluice::cli
