// sluice serve: everything in one process, until it is told to stop.
#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "cli/command_line.h"
#include "cli/data_directory.h"
#include "cli/disk_metrics.h"
#include "cli/embedded_node.h"
#include "cli/node_server.h"
#include "cli/service_process.h"
#include "cli/stop_signals.h"
#include "common/base/mutex.h"
#include "common/base/status.h"
#include "common/telemetry/http_server.h"

namespace sluice::cli {
namespace {

// A disk may be full for a moment without harm; after this long the node is opened anew. Twice as
// long each time that did not help, as with a sink on a full disk of its own.
constexpr int64_t kLeastPatienceNanos = 3'000'000'000;
constexpr int64_t kMostPatienceNanos = 60'000'000'000;
// Time without a full disk after which it is over.
constexpr int64_t kMendedNanos = 10'000'000'000;
constexpr absl::Duration kReopenPause = absl::Seconds(2);

class ServeCommand {
 public:
  explicit ServeCommand(CommandContext& context) : context_(context) {}

  int Run(const std::string& target) {
    auto loaded = context_.Settings();
    if (!loaded.ok()) return Report(kUsage, loaded.status());
    settings_ = loaded->settings;
    if (!settings_.kafka.brokers.empty()) return ServeOverKafka(context_, *loaded, target);
    if (target != "all") {
      return Report(kUsage, fmt::format("--target={} needs Kafka (setting kafka.brokers); without "
                                        "it, all services are one process",
                                        target));
    }
    auto directory = DataDirectory::Lock(settings_.data_dir);
    if (!directory.ok()) return Report(CodeOf(directory.status()), directory.status());
    directory_ = *std::move(directory);
    telemetry::LogOptions log_options;
    const auto level = telemetry::ParseLogLevel(settings_.log.level);
    const auto format = telemetry::ParseLogFormat(settings_.log.format);
    if (!level.ok()) return Report(kUsage, level.status());
    if (!format.ok()) return Report(kUsage, format.status());
    log_options.level = *level;
    log_options.format = *format;
    logger_ = telemetry::Logger(log_options, context_.clock);
    registry_
        .MakeGauge({"sluice_build_info", "1; the version is a label.", {"version"}, {}},
                   {SLUICE_VERSION})
        .Set(1);
    registry_.MakeGauge(kPartitions).Set(static_cast<double>(settings_.partitions));
    const auto disk = CollectDiskMetrics(registry_, settings_.data_dir);
    TakeStopSignals();
    const absl::Status opened = OpenNode();
    if (!opened.ok() && !absl::IsResourceExhausted(opened)) return Report(CodeOf(opened), opened);
    return Serve(opened);
  }

 private:
  // `opened` may be that the disk is full: then it serves when there is room, and says so until.
  int Serve(const absl::Status& opened) {
    {
      base::MutexLock lock(&mutex_);
      closed_ = opened;
    }
    telemetry::HttpOptions http;
    http.host = settings_.http.host;
    http.port = static_cast<uint16_t>(settings_.http.port);
    telemetry::HttpServer server(http, registry_);
    AddChecks(server);
    const auto collector = registry_.AddCollector([this] {
      base::MutexLock lock(&mutex_);
      if (node_ != nullptr) node_->UpdateMetrics();
    });
    if (const absl::Status status = server.Start(); !status.ok()) {
      CloseNode(absl::UnavailableError("stopping"));
      return Report(kConflict,
                    fmt::format("{} (settings http.host, http.port)", base::Message(status)));
    }
    http_address_ = fmt::format("{}:{}", settings_.http.host, server.port());
    absl::Status status = opened.ok() ? TellAddresses() : opened;
    if (absl::IsResourceExhausted(status)) status = Reopen(status);
    if (!status.ok()) return End(server, status);
    const absl::Status failure = KeepRunning();
    return End(server, failure);
  }

  absl::Status TellAddresses() {
    SLUICE_RETURN_IF_ERROR(directory_->WriteServer(http_address_, rpc_->address(), rpc_->socket()));
    logger_.Info(
        "serving",
        {{"address", http_address_}, {"grpc", rpc_->address()}, {"data_dir", settings_.data_dir}});
    if (rpc_->socket().empty()) {
      logger_.Warning(
          "verbs do not find this process by itself: the path of the data directory is "
          "too long for a socket; name it to them with --server");
    }
    return absl::OkStatus();
  }

  void AddChecks(telemetry::HttpServer& server) {
    const auto of_node = [this](absl::Status (EmbeddedNode::*check)() const) {
      return [this, check] {
        base::MutexLock lock(&mutex_);
        return node_ == nullptr ? closed_ : (node_.get()->*check)();
      };
    };
    server.AddLivenessCheck("workers", [this] {
      base::MutexLock lock(&mutex_);
      return node_ == nullptr ? absl::OkStatus() : node_->stop().failure();
    });
    server.AddReadinessCheck("workers", of_node(&EmbeddedNode::Health));
    server.AddReadinessCheck("sinks", of_node(&EmbeddedNode::SinkHealth));
    server.AddReadinessCheck("accepting", [] {
      return StopSignals() == 0 ? absl::OkStatus() : absl::UnavailableError("draining");
    });
  }

  // Opens the node and goes on with all imports that have not ended.
  absl::Status OpenNode() {
    SLUICE_ASSIGN_OR_RETURN(auto node,
                            EmbeddedNode::Open({settings_, true}, *directory_, registry_, logger_,
                                               context_.clock, context_.random));
    auto rpc = std::make_unique<NodeServer>(*node, settings_, *directory_, logger_, context_.clock,
                                            context_.random);
    const absl::Status started = rpc->Start();
    if (!started.ok()) {
      // Its threads call the server's objects.
      node->Stop();
      return started;
    }
    rpc_ = std::move(rpc);
    base::MutexLock lock(&mutex_);
    node_ = std::move(node);
    return absl::OkStatus();
  }

  void CloseNode(const absl::Status& why) {
    std::unique_ptr<EmbeddedNode> node;
    {
      base::MutexLock lock(&mutex_);
      node = std::move(node_);
      closed_ = why;
    }
    if (rpc_ != nullptr) rpc_->Stop();
    // Joins its threads, which checks need not wait for. They call the server's objects.
    if (node != nullptr) node->Stop();
    rpc_.reset();
    node.reset();
  }

  // Until a signal, or a failure for good.
  absl::Status KeepRunning() {
    // When the disk was first and last seen full. A worker that tries again is well until it comes
    // to write, so a look in between that finds nothing does not end it.
    bool full = false;
    int64_t full_since_nanos = 0;
    int64_t full_at_nanos = context_.clock.MonotonicNanos();
    int64_t patience_nanos = kLeastPatienceNanos;
    while (StopSignals() == 0) {
      SLUICE_RETURN_IF_ERROR(node_->stop().failure());
      node_->stop().WaitFor(absl::Milliseconds(100));
      const absl::Status health = node_->Health();
      const int64_t now = context_.clock.MonotonicNanos();
      if (!absl::IsResourceExhausted(health)) {
        if (now - full_at_nanos <= kMendedNanos) continue;
        full = false;
        patience_nanos = kLeastPatienceNanos;
        continue;
      }
      full_at_nanos = now;
      if (!full) full_since_nanos = now;
      full = true;
      if (now - full_since_nanos < patience_nanos) continue;
      patience_nanos = std::min(2 * patience_nanos, kMostPatienceNanos);
      SLUICE_RETURN_IF_ERROR(Reopen(health));
      full = false;
      full_at_nanos = context_.clock.MonotonicNanos();
    }
    return absl::OkStatus();
  }

  // After a sync that failed on a full disk, nobody can say what of the log is stored: it takes no
  // more until it is opened anew, which is as safe as a restart. Tries until there is room.
  absl::Status Reopen(const absl::Status& why) {
    logger_.Error("out of space; opening anew until there is room",
                  {{"reason", base::Message(why)}});
    CloseNode(why);
    const StopSignal never;
    while (StopSignals() == 0) {
      absl::Status status = OpenNode();
      if (status.ok()) status = TellAddresses();
      if (status.ok()) logger_.Info("going on");
      if (!absl::IsResourceExhausted(status)) return status;
      CloseNode(status);
      for (int i = 0; i < absl::ToInt64Milliseconds(kReopenPause) / 100 && StopSignals() == 0;
           ++i) {
        never.WaitFor(absl::Milliseconds(100));
      }
    }
    return absl::OkStatus();
  }

  int End(telemetry::HttpServer& server, const absl::Status& failure) {
    if (failure.ok() && node_ != nullptr) {
      logger_.Info("draining");
      // Nothing new comes in while it drains, but batches that were pushed are answered.
      node_->Drain(absl::Seconds(settings_.shutdown.timeout_seconds));
    }
    server.Stop();
    CloseNode(failure);
    if (!failure.ok()) {
      logger_.Error("stopped", {{"reason", base::Message(failure)}});
      return Report(CodeOf(failure), failure);
    }
    logger_.Info("stopped");
    return kDone;
  }

  CommandContext& context_;
  config::Settings settings_;
  std::unique_ptr<DataDirectory> directory_;
  telemetry::Logger logger_;
  telemetry::Registry registry_;
  std::string http_address_;
  // Of the node; main thread only.
  std::unique_ptr<NodeServer> rpc_;
  base::Mutex mutex_;
  // Changed by the main thread only, under the mutex; others read it under the mutex.
  std::unique_ptr<EmbeddedNode> node_;
  // While there is no node: why.
  absl::Status closed_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

void AddServeCommand(CLI::App& app, CommandContext& context, VerbAction& action) {
  auto target = std::make_shared<std::string>("all");
  Verb verb(app, "serve", "Run until told to stop");
  verb.Option("--target", *target, "all, or one service: ingest, clean, map, load or control")
      .OneOf({"all", "ingest", "clean", "map", "load", "control"});
  verb.OnChosen([&context, &action, target] {
    action = [&context, target] { return ServeCommand(context).Run(*target); };
  });
}

}  // namespace sluice::cli
