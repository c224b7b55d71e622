#include "cli/node_server.h"

#include <fmt/format.h>

#include "cli/rpc_setup.h"
#include "common/base/status.h"

namespace sluice::cli {
namespace {

// What a pushed batch may take.

rpc::ServerOptions WithSocket(rpc::ServerOptions options, std::string socket) {
  options.local_path = std::move(socket);
  return options;
}

}  // namespace

NodeServer::NodeServer(EmbeddedNode& node, const config::Settings& settings,
                       const DataDirectory& directory, const telemetry::Logger& logger,
                       const base::Clock& clock, base::Random& random)
    : node_(node),
      push_limits_(PushLimitsOf(settings)),
      options_(WithSocket(RpcServerOf(settings, settings.grpc.port, logger), directory.socket())),
      previews_(directory.uploads(), clock, random),
      previewer_({settings, directory.path() + "/scratch", directory.uploads(),
                  [&node](const std::string& name) { return node.AddressByName(name); }},
                 previews_, logger, clock, random),
      imports_(ImportsOf(settings, directory), node.store(), node.uploads(), node.changes(),
               node.ids(), clock),
      profiles_(node.store()),
      backups_(node, DefaultBackupDirectory(settings), logger, clock) {}

control::ImportServerOptions NodeServer::ImportsOf(const config::Settings& settings,
                                                   const DataDirectory& directory) {
  control::ImportServerOptions options;
  options.defaults = StartDefaultsOf(settings, directory.datasets());
  options.defaults.check_sink = [this](const plan::planpb::Plan& plan) -> absl::Status {
    SLUICE_ASSIGN_OR_RETURN(const SinkAddress sink, node_.AddressByName(plan.sink()));
    return node_.CheckSink(sink, plan);
  };
  options.find_sink = [this](const std::string& given,
                             bool local) -> absl::StatusOr<control::SinkRecord> {
    SLUICE_ASSIGN_OR_RETURN(const SinkAddress sink, node_.TakeSink(given, local));
    return sink.record;
  };
  options.topics = false;
  options.previewer = &previewer_;
  options.previews = &previews_;
  options.on_changed = [this] { node_.ImportsChanged(); };
  return options;
}

absl::Status NodeServer::Start() {
  SLUICE_RETURN_IF_ERROR(node_.StartServing(
      [this](const ingest::ingestpb::PushTarget& target) { return imports_.OpenPush(target); }));
  pushes_ = std::make_unique<ingest::PushServer>(node_.pushes(), push_limits_);
  server_ = std::make_unique<rpc::Server>(
      options_, std::vector<grpc::Service*>{&imports_, &profiles_, &backups_, pushes_.get()});
  return base::Annotate(server_->Start(), "settings grpc.host, grpc.port");
}

void NodeServer::Stop() {
  imports_.Stop();
  if (server_ != nullptr) server_->Stop(absl::Seconds(1));
}

std::string NodeServer::address() const {
  return fmt::format("{}:{}", options_.host, server_->port());
}

std::string NodeServer::socket() const {
  return options_.local_path.empty() ? "" : "unix:" + options_.local_path;
}

}  // namespace sluice::cli
