// sluice serve: everything in one process, until it is told to stop.
#include <fmt/format.h>

#include <csignal>

#include "cli/command_line.h"
#include "cli/data_directory.h"
#include "cli/embedded_node.h"
#include "common/base/status.h"
#include "common/telemetry/http_server.h"

namespace sluice::cli {
namespace {

volatile std::sig_atomic_t g_signals = 0;

void OnSignal(int) {
  // The second signal means now.
  g_signals = g_signals + 1;
  if (g_signals > 1) std::_Exit(kInterrupted);
}

class ServeCommand {
 public:
  explicit ServeCommand(CommandContext& context) : context_(context) {}

  int Run(const std::string& target) {
    if (target != "all") {
      return Report(kUsage, fmt::format("--target={} is not available yet; all is", target));
    }
    auto loaded = context_.Settings();
    if (!loaded.ok()) return Report(kUsage, loaded.status());
    settings_ = loaded->settings;
    auto directory = DataDirectory::Lock(settings_.data_dir);
    if (!directory.ok()) return Report(CodeOf(directory.status()), directory.status());
    telemetry::LogOptions log_options;
    const auto level = telemetry::ParseLogLevel(settings_.log.level);
    const auto format = telemetry::ParseLogFormat(settings_.log.format);
    if (!level.ok()) return Report(kUsage, level.status());
    if (!format.ok()) return Report(kUsage, format.status());
    log_options.level = *level;
    log_options.format = *format;
    const telemetry::Logger logger(log_options, context_.clock);
    telemetry::Registry registry;
    registry
        .MakeGauge({"sluice_build_info", "1; the version is a label.", {"version"}, {}},
                   {SLUICE_VERSION})
        .Set(1);
    auto node = EmbeddedNode::Open({settings_, true}, **directory, registry, logger, context_.clock,
                                   context_.random);
    if (!node.ok()) return Report(CodeOf(node.status()), node.status());
    return Serve(**directory, **node, registry, logger);
  }

 private:
  int Serve(DataDirectory& directory, EmbeddedNode& node, telemetry::Registry& registry,
            const telemetry::Logger& logger) {
    telemetry::HttpOptions http;
    http.host = settings_.http.host;
    http.port = static_cast<uint16_t>(settings_.http.port);
    telemetry::HttpServer server(http, registry);
    server.AddLivenessCheck("workers", [&node] { return node.stop().failure(); });
    server.AddReadinessCheck("workers", [&node] { return node.Health(); });
    server.AddReadinessCheck("accepting", [] {
      return g_signals == 0 ? absl::OkStatus() : absl::UnavailableError("draining");
    });
    const auto collector = registry.AddCollector([&node] { node.UpdateMetrics(); });
    if (const absl::Status status = StartImports(node, logger); !status.ok()) {
      return Report(CodeOf(status), status);
    }
    std::signal(SIGINT, OnSignal);
    std::signal(SIGTERM, OnSignal);
    if (const absl::Status status = server.Start(); !status.ok()) {
      node.Stop();
      return Report(kConflict,
                    fmt::format("{} (settings http.host, http.port)", base::Message(status)));
    }
    const std::string address = fmt::format("{}:{}", settings_.http.host, server.port());
    if (const absl::Status status = directory.WriteServer(address); !status.ok()) {
      return Report(kFailed, status);
    }
    logger.Info("serving", {{"address", address}, {"data_dir", settings_.data_dir}});
    while (g_signals == 0 && !node.stop().stopped()) {
      node.stop().WaitFor(absl::Milliseconds(100));
    }
    return Drain(node, server, logger);
  }

  absl::Status StartImports(EmbeddedNode& node, const telemetry::Logger& logger) {
    SLUICE_ASSIGN_OR_RETURN(const auto imports, node.store().ListImports());
    std::vector<std::string> unfinished;
    for (const control::ImportRecord& import : imports) {
      if (import.ended()) continue;
      unfinished.push_back(import.id);
      logger.Info("going on with an import", {{"import", import.id}});
    }
    return node.Start(unfinished);
  }

  int Drain(EmbeddedNode& node, telemetry::HttpServer& server, const telemetry::Logger& logger) {
    const absl::Status failure = node.stop().failure();
    if (failure.ok()) {
      logger.Info("draining");
      node.Drain(absl::Seconds(settings_.shutdown.timeout_seconds));
    }
    server.Stop();
    node.Stop();
    if (!failure.ok()) {
      logger.Error("stopped", {{"reason", base::Message(failure)}});
      return Report(kFailed, failure);
    }
    logger.Info("stopped");
    return kDone;
  }

  CommandContext& context_;
  config::Settings settings_;
};

}  // namespace

void AddServeCommand(CLI::App& app, CommandContext& context, VerbAction& action) {
  auto target = std::make_shared<std::string>("all");
  CLI::App* verb = app.add_subcommand("serve", "Run until told to stop");
  verb->add_option("--target", *target, "all (ingest, clean, map, load and control come later)")
      ->check(CLI::IsMember({"all", "ingest", "clean", "map", "load", "control"}));
  verb->callback([&context, &action, target] {
    action = [&context, target] { return ServeCommand(context).Run(*target); };
  });
}

}  // namespace sluice::cli
