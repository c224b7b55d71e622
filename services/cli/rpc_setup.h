// From the settings of a process to those of its gRPC, on both sides.
#pragma once

#include <string>

#include "common/config/settings.h"
#include "common/rpc/peer.h"
#include "common/rpc/server.h"
#include "common/telemetry/log.h"
#include "control/import_starter.h"
#include "ingest/push_server.h"

namespace sluice::cli {

// Control at this address, called with what the settings say of TLS and token.
rpc::Peer PeerOf(const config::Settings& settings, const std::string& address);

// A server on grpc.host and this port. Says in the log when other machines can reach it
// unprotected, and when its list of tokens cannot be used any more. The logger is copied.
rpc::ServerOptions RpcServerOf(const config::Settings& settings, int64_t port,
                               const telemetry::Logger& logger);

// What a server of pushes takes.
ingest::PushLimits PushLimitsOf(const config::Settings& settings);

// What imports that come over gRPC have in common.
control::StartRequest StartDefaultsOf(const config::Settings& settings,
                                      const std::string& dataset_directory);

}  // namespace sluice::cli
