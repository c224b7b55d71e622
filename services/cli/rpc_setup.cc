#include "cli/rpc_setup.h"

#include <fmt/format.h>

#include "common/base/status.h"

namespace sluice::cli {

rpc::Peer PeerOf(const config::Settings& settings, const std::string& address) {
  const config::Settings::Grpc& grpc = settings.grpc;
  rpc::Peer peer;
  peer.address = address;
  peer.ca_file = grpc.tls.ca_file;
  if (!peer.ca_file.empty()) {
    peer.certificate_file = grpc.tls.certificate_file;
    peer.key_file = grpc.tls.key_file;
  }
  peer.token_file = grpc.token_file;
  peer.insecure = grpc.insecure;
  return peer;
}

rpc::ServerOptions RpcServerOf(const config::Settings& settings, int64_t port,
                               const telemetry::Logger& logger) {
  const config::Settings::Grpc& grpc = settings.grpc;
  rpc::ServerOptions options;
  options.host = grpc.host;
  options.port = static_cast<uint16_t>(port);
  options.tls = {grpc.tls.certificate_file, grpc.tls.key_file, grpc.tls.client_ca_file};
  options.access_file = grpc.access_file;
  options.insecure = grpc.insecure;
  // Nothing that comes is larger than a batch of pushed records, and what else is in its message.
  options.received_bytes_max = static_cast<int>(settings.limits.push_batch_bytes_max + (1 << 20));
  options.on_problem = [logger](const absl::Status& problem) {
    logger.Error("nobody is let in: the list of tokens cannot be used",
                 {{"reason", base::Message(problem)}});
  };
  const absl::Status exposure = CheckExposure(options);
  if (!exposure.ok() && grpc.insecure) {
    logger.Warning(fmt::format("INSECURE: {}", base::Message(exposure)),
                   {{"setting", "grpc.insecure"}, {"port", std::to_string(port)}});
  }
  return options;
}

ingest::PushLimits PushLimitsOf(const config::Settings& settings) {
  ingest::PushLimits limits;
  limits.batch_bytes_max = static_cast<uint64_t>(settings.limits.push_batch_bytes_max);
  limits.bytes_max = static_cast<uint64_t>(settings.limits.push_bytes_max);
  return limits;
}

control::StartRequest StartDefaultsOf(const config::Settings& settings,
                                      const std::string& dataset_directory) {
  control::StartRequest request;
  request.dataset_directory = dataset_directory;
  request.partitions = static_cast<uint32_t>(settings.partitions);
  request.whole_bytes_max = static_cast<uint64_t>(settings.ordering.import_max);
  request.row_bytes_max = static_cast<uint64_t>(settings.limits.row_bytes_max);
  request.upload_bytes_max = static_cast<uint64_t>(settings.limits.upload_bytes_max);
  return request;
}

}  // namespace sluice::cli
