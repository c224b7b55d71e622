#include "cli/service_process.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <memory>
#include <vector>

#include "cli/control_database.h"
#include "cli/data_directory.h"
#include "cli/disk_metrics.h"
#include "cli/kafka_setup.h"
#include "cli/lag_meter.h"
#include "cli/lease_client.h"
#include "cli/preview_run.h"
#include "cli/rpc_setup.h"
#include "cli/service_targets.h"
#include "cli/stop_signals.h"
#include "common/base/status.h"
#include "common/rpc/call.h"
#include "common/rpc/server.h"
#include "common/telemetry/http_server.h"
#include "control/import_server.h"
#include "control/ingest_lease_server.h"
#include "control/profile_server.h"

namespace sluice::cli {
namespace {

// Each target has ports of its own unless told, so that all run on one machine.
constexpr std::array<const char*, 5> kTargets = {"control", "ingest", "clean", "map", "load"};
constexpr int64_t kPortsApart = 10;

// Control's database and what answers for it.
struct Control {
  std::unique_ptr<control::ControlStore> store;
  std::unique_ptr<uploads::UploadStore> uploads;
  std::unique_ptr<base::UlidGenerator> ids;
  control::ChangeSignal changes;
  // The part of the process that reads the log. Not owned; set before the server starts.
  ControlService* part = nullptr;
  std::unique_ptr<control::PreviewStore> previews;
  std::unique_ptr<PreviewRun> previewer;
  std::unique_ptr<control::ImportServer> imports;
  std::unique_ptr<control::ProfileServer> profiles;
  std::unique_ptr<control::IngestLeaseServer> lease_server;
  std::unique_ptr<rpc::Server> server;
};

class ServiceProcess {
 public:
  ServiceProcess(CommandContext& context, const config::LoadedSettings& loaded, std::string target)
      : context_(context), settings_(loaded.settings), target_(std::move(target)) {
    if (loaded.origins.at("http.port") != "default") return;
    for (size_t i = 0; i < kTargets.size(); ++i) {
      if (target_ == kTargets[i]) settings_.http.port += static_cast<int64_t>(i) * kPortsApart;
    }
  }

  int Run() {
    // What can be known to be wrong without asking anybody is told at once.
    for (const absl::Status& status :
         {KafkaSettingsOf(settings_).status(), SinksOf(settings_).status(),
          base::Annotate(rpc::CheckAddress(settings_.control.address), "control.address")}) {
      if (!status.ok()) return Report(kUsage, status);
    }
    auto directory = DataDirectory::Lock(settings_.data_dir);
    if (!directory.ok()) return Report(CodeOf(directory.status()), directory.status());
    directory_ = *std::move(directory);
    if (const absl::Status status = OpenLogger(); !status.ok()) return Report(kUsage, status);
    registry_
        .MakeGauge({"sluice_build_info", "1; the version is a label.", {"version"}, {}},
                   {SLUICE_VERSION})
        .Set(1);
    registry_.MakeGauge(kPartitions).Set(static_cast<double>(settings_.partitions));
    const auto disk = CollectDiskMetrics(registry_, settings_.data_dir);
    TakeStopSignals();
    const absl::Status started = Start();
    absl::Status failure = started;
    if (started.ok()) {
      while (StopSignals() == 0 && !services_->stop().stopped()) {
        services_->stop().WaitFor(absl::Milliseconds(100));
      }
      failure = services_->stop().failure();
    }
    return End(failure);
  }

 private:
  bool Has(std::string_view service) const { return target_ == "all" || target_ == service; }

  absl::Status OpenLogger() {
    telemetry::LogOptions options;
    SLUICE_ASSIGN_OR_RETURN(options.level, telemetry::ParseLogLevel(settings_.log.level));
    SLUICE_ASSIGN_OR_RETURN(options.format, telemetry::ParseLogFormat(settings_.log.format));
    options.service = target_ == "all" ? "sluice" : target_;
    options.instance = InstanceOf(settings_);
    logger_ = telemetry::Logger(options, context_.clock);
    return absl::OkStatus();
  }

  absl::Status Start() {
    if (Has("control")) SLUICE_RETURN_IF_ERROR(OpenControl());
    InstallationSource installation;
    if (control_.store != nullptr) {
      installation = [this]() -> absl::StatusOr<control::Installation> {
        SLUICE_ASSIGN_OR_RETURN(const auto known, control_.store->GetInstallation());
        if (known.log_id.empty()) return absl::UnavailableError("control is starting");
        return known;
      };
    } else {
      const rpc::Peer control = PeerOf(settings_, settings_.control.address);
      SLUICE_RETURN_IF_ERROR(control.Validate());
      control_channel_ = rpc::OpenChannel(control);
      leases_ = std::make_unique<LeaseClient>(control, control_channel_);
      installation = [this] { return leases_->GetInstallation(); };
    }
    services_ = std::make_unique<ServiceContext>(settings_, target_, context_.clock,
                                                 context_.random, registry_, logger_, installation);
    if (Has("control")) {
      auto part = MakeControlService(*services_, *control_.store, control_.changes);
      control_.part = part.get();
      parts_.push_back(std::move(part));
      SLUICE_RETURN_IF_ERROR(control_.server->Start());
      control_channel_ = control_.server->InProcess();
    }
    SLUICE_RETURN_IF_ERROR(MakeParts());
    for (const auto& part : parts_) StartWorker(*part);
    std::vector<ServicePart*> measured;
    for (const auto& part : parts_) measured.push_back(part.get());
    lag_ = std::make_unique<LagMeter>(*services_, std::move(measured));
    return StartHttp();
  }

  absl::Status OpenControl() {
    SLUICE_ASSIGN_OR_RETURN(
        control_.store, OpenControlStore(settings_, *directory_, context_.clock, context_.random));
    control_.uploads =
        std::make_unique<uploads::UploadStore>(UploadsOf(settings_), context_.random);
    SLUICE_RETURN_IF_ERROR(control_.uploads->Prepare());
    control_.ids = std::make_unique<base::UlidGenerator>(context_.clock, context_.random);
    control::ImportServerOptions server;
    SLUICE_ASSIGN_OR_RETURN(const auto sinks, SinksOf(settings_));
    for (const SinkAddress& sink : sinks) server.sinks.push_back(sink.record);
    server.defaults = StartDefaultsOf(settings_, directory_->datasets());
    server.on_changed = [this] { control_.part->OutboxChanged(); };
    control_.previews = std::make_unique<control::PreviewStore>(UploadsOf(settings_),
                                                                context_.clock, context_.random);
    PreviewRunOptions preview{settings_, settings_.data_dir + "/scratch", UploadsOf(settings_), {}};
    preview.sink = [sinks](const std::string& name) -> absl::StatusOr<SinkAddress> {
      for (const SinkAddress& sink : sinks) {
        if (sink.record.name == name) return sink;
      }
      return absl::NotFoundError(fmt::format("there is no sink {} (setting sinks)", name));
    };
    control_.previewer = std::make_unique<PreviewRun>(preview, *control_.previews, logger_,
                                                      context_.clock, context_.random);
    server.previewer = control_.previewer.get();
    server.previews = control_.previews.get();
    control_.imports = std::make_unique<control::ImportServer>(std::move(server), *control_.store,
                                                               *control_.uploads, control_.changes,
                                                               *control_.ids, context_.clock);
    control_.profiles = std::make_unique<control::ProfileServer>(*control_.store);
    control_.lease_server = std::make_unique<control::IngestLeaseServer>(
        *control_.store, *control_.imports, absl::Seconds(settings_.lease.seconds));
    control_.server = std::make_unique<rpc::Server>(
        RpcServerOf(settings_, settings_.grpc.port, logger_),
        std::vector<grpc::Service*>{control_.imports.get(), control_.profiles.get(),
                                    control_.lease_server.get()});
    return absl::OkStatus();
  }

  absl::Status MakeParts() {
    if (Has("load")) {
      SLUICE_ASSIGN_OR_RETURN(const auto sinks, SinksOf(settings_));
      for (const SinkAddress& sink : sinks) {
        parts_.push_back(MakeLoadService(*services_, sink));
      }
    }
    if (Has("map")) parts_.push_back(MakeMapService(*services_));
    if (Has("clean")) parts_.push_back(MakeCleanService(*services_));
    if (!Has("ingest")) return absl::OkStatus();
    parts_.push_back(MakeIngestService(*services_, control_channel_));
    return absl::OkStatus();
  }

  void StartWorker(ServicePart& part) {
    const auto wait = [&part](uint64_t seen, absl::Duration timeout) {
      return part.Wait(seen, timeout);
    };
    workers_.push_back(std::make_unique<Worker>(WorkerOptions{part.name(), true}, wait,
                                                services_->stop(), logger_,
                                                [&part] { return part.Step(); }));
  }

  absl::Status StartHttp() {
    telemetry::HttpOptions http;
    http.host = settings_.http.host;
    http.port = static_cast<uint16_t>(settings_.http.port);
    http_ = std::make_unique<telemetry::HttpServer>(http, registry_);
    http_->AddLivenessCheck("workers", [this] { return services_->stop().failure(); });
    http_->AddReadinessCheck("workers", [this]() -> absl::Status {
      for (const auto& worker : workers_) {
        SLUICE_RETURN_IF_ERROR(base::Annotate(worker->health(), worker->name()));
      }
      return services_->stop().failure();
    });
    http_->AddReadinessCheck("brokers", [this] { return lag_->health(); });
    http_->AddReadinessCheck(
        "partitions",
        [this]() -> absl::Status {
          for (const auto& part : parts_) SLUICE_RETURN_IF_ERROR(part->Ready());
          return absl::OkStatus();
        },
        [this] {
          std::vector<std::string> notes;
          for (const auto& part : parts_) notes.push_back(part->Note());
          std::erase(notes, "");
          return fmt::format("{}", fmt::join(notes, "; "));
        });
    http_->AddReadinessCheck("accepting", [] {
      return StopSignals() == 0 ? absl::OkStatus() : absl::UnavailableError("draining");
    });
    SLUICE_RETURN_IF_ERROR(base::Annotate(http_->Start(), "settings http.host, http.port"));
    const std::string address = fmt::format("{}:{}", settings_.http.host, http_->port());
    const std::string grpc = control_.server == nullptr ? ""
                                                        : fmt::format("{}:{}", settings_.grpc.host,
                                                                      control_.server->port());
    // Verbs find control by the settings.
    SLUICE_RETURN_IF_ERROR(directory_->WriteServer(address, grpc, ""));
    logger_.Info("serving", {{"address", address},
                             {"grpc", grpc},
                             {"target", target_},
                             {"brokers", settings_.kafka.brokers},
                             {"data_dir", settings_.data_dir}});
    return absl::OkStatus();
  }

  // What is under way is finished by its transaction; what is not, the next one does.
  int End(const absl::Status& failure) {
    if (failure.ok()) logger_.Info("draining");
    if (control_.server != nullptr) {
      control_.imports->Stop();
      control_.server->Stop(failure.ok() ? absl::Seconds(5) : absl::ZeroDuration());
    }
    if (services_ != nullptr) services_->stop().Stop();
    // Its checks look at the workers.
    if (http_ != nullptr) http_->Stop();
    workers_.clear();
    lag_.reset();
    for (const auto& part : parts_) part->Close();
    parts_.clear();
    services_.reset();
    if (!failure.ok()) {
      logger_.Error("stopped", {{"reason", base::Message(failure)}});
      return Report(CodeOf(failure), failure);
    }
    logger_.Info("stopped");
    return kDone;
  }

  CommandContext& context_;
  config::Settings settings_;
  const std::string target_;
  std::unique_ptr<DataDirectory> directory_;
  telemetry::Logger logger_;
  telemetry::Registry registry_;
  Control control_;
  // To control, wherever it is.
  std::shared_ptr<grpc::Channel> control_channel_;
  std::unique_ptr<LeaseClient> leases_;
  std::unique_ptr<ServiceContext> services_;
  std::vector<std::unique_ptr<ServicePart>> parts_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::unique_ptr<LagMeter> lag_;
  std::unique_ptr<telemetry::HttpServer> http_;
};

}  // namespace

int ServeOverKafka(CommandContext& context, const config::LoadedSettings& loaded,
                   const std::string& target) {
  return ServiceProcess(context, loaded, target).Run();
}

}  // namespace sluice::cli
