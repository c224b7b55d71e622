// serve --target=ingest: reads the imports that control leases to it. Each has a handle of its own
// whose transactional id is the import's, so whoever takes one over shuts out the one before.
#include <fmt/format.h>

#include "cli/ingest_work.h"
#include "cli/kafka_setup.h"
#include "cli/lease_client.h"
#include "cli/rpc_setup.h"
#include "cli/service_targets.h"
#include "common/base/status.h"
#include "common/rpc/server.h"
#include "ingest/push_server.h"
#include "ingest/topic_reader.h"

namespace sluice::cli {
namespace {

// What a pushed batch may take.
// For closing what is open for pushes when the process ends.
constexpr int64_t kEndNanos = 5'000'000'000;

IngestWorkOptions WorkOf(ServiceContext& context) {
  return {context.settings(), context.instance(), context.names(), UploadsOf(context.settings())};
}

class IngestService : public ServicePart, private IngestHost {
 public:
  IngestService(ServiceContext& context, const std::shared_ptr<grpc::Channel>& control)
      : ServicePart(context, {"ingest", "", false}),
        leases_(PeerOf(context.settings(), context.settings().control.address), control),
        reading_(context.registry().MakeGauge(
            {"sluice_imports_reading", "Imports that this process reads.", {}, {}})),
        work_(WorkOf(context), *this, metrics(), context.logger(), context.clock()),
        push_server_(work_.sessions(), PushLimitsOf(context.settings())) {}

  // Only a push wakes it: what it waits for besides is control's answer.
  uint64_t Wait(uint64_t seen, absl::Duration timeout) override {
    return work_.Wait(seen, timeout);
  }
  void Close() override {
    EndPushes();
    work_.StopReading();
    CloseLog();
  }

 private:
  void Configure(kafka::KafkaLogOptions& options) override { options.writes = false; }

  absl::Status Begin(kafka::KafkaLog&, const LogTopics&) override {
    SLUICE_ASSIGN_OR_RETURN(plan::PlanCatalog* const plans, context().Plans());
    work_.SetPlans(*plans);
    const rpc::ServerOptions options =
        RpcServerOf(context().settings(), context().settings().push.port, context().logger());
    rpc_ = std::make_unique<rpc::Server>(options, std::vector<grpc::Service*>{&push_server_});
    SLUICE_RETURN_IF_ERROR(base::Annotate(rpc_->Start(), "settings grpc.host, push.port"));
    context().logger().Info("taking pushes",
                            {{"grpc", fmt::format("{}:{}", options.host, rpc_->port())}});
    return absl::OkStatus();
  }

  absl::StatusOr<pipeline::StepResult> Work() override {
    auto result = work_.Step();
    reading_.Set(static_cast<double>(work_.reading()));
    return result;
  }

  // What is open is closed while there is time; what is left then, another instance closes.
  void EndPushes() {
    if (rpc_ == nullptr) return;
    const int64_t deadline = context().clock().MonotonicNanos() + kEndNanos;
    uint64_t seen = 0;
    while (!work_.EndPushes() && context().clock().MonotonicNanos() < deadline) {
      seen = work_.Wait(seen, absl::Milliseconds(10));
    }
    rpc_->Stop(absl::Seconds(1));
  }

  // IngestHost:
  absl::StatusOr<control::controlpb::RenewLeasesResponse> RenewLeases(
      const control::controlpb::RenewLeasesRequest& request) override {
    return leases_.Renew(request);
  }
  absl::Status ReleaseLeases(const control::controlpb::ReleaseLeasesRequest& request) override {
    return leases_.Release(request);
  }
  absl::StatusOr<std::string> OpenPush(const ingest::ingestpb::PushTarget& target) override {
    return leases_.OpenPush(context().instance(), target);
  }
  // A handle whose transactional id is the import's.
  absl::StatusOr<std::shared_ptr<stream::Log>> OpenImportLog(const std::string& id) override {
    kafka::KafkaLogOptions options;
    options.name = fmt::format("{}.ingest.{}", context().settings().kafka.prefix, id);
    options.renew_producer = false;
    SLUICE_ASSIGN_OR_RETURN(auto log, context().OpenLog(std::move(options), observer_));
    return std::shared_ptr<stream::Log>(std::move(log));
  }
  absl::StatusOr<std::unique_ptr<ingest::SourceReader>> OpenTopicReader(
      const ingest::ReaderOptions& options, stream::Log& log,
      std::shared_ptr<const plan::CompiledPlan> plan, ingest::Lead& lead) override {
    SLUICE_ASSIGN_OR_RETURN(const auto kafka, KafkaSettingsOf(context().settings()));
    SLUICE_ASSIGN_OR_RETURN(auto reader,
                            ingest::TopicReader::Create(options, log, std::move(plan), kafka, lead,
                                                        &metrics(), context().clock()));
    return std::unique_ptr<ingest::SourceReader>(std::move(reader));
  }

  LeaseClient leases_;
  kafka::KafkaObserver observer_;
  telemetry::Gauge reading_;
  IngestWork work_;
  ingest::PushServer push_server_;
  std::unique_ptr<rpc::Server> rpc_;
};

}  // namespace

std::unique_ptr<ServicePart> MakeIngestService(ServiceContext& context,
                                               const std::shared_ptr<grpc::Channel>& control) {
  return std::make_unique<IngestService>(context, control);
}

}  // namespace sluice::cli
