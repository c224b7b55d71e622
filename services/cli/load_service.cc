// serve --target=load: feeds the sinks of the settings, each from its topic with a handle of its
// own.
#include "cli/service_targets.h"
#include "cli/sink_feed.h"
#include "common/base/status.h"

namespace sluice::cli {
namespace {

class LoadService : public ServicePart {
 public:
  LoadService(ServiceContext& context, const SinkAddress& sink)
      : ServicePart(context, {"load", sink.record.name}), sink_(sink) {}

  void Close() override {
    feed_.reset();
    CloseLog();
  }

 private:
  absl::Status Begin(kafka::KafkaLog& log, const LogTopics& topics) override {
    SLUICE_ASSIGN_OR_RETURN(plan::PlanCatalog* const plans, context().Plans());
    SinkFeedOptions options;
    options.sink = sink_;
    options.open.postgres_owner = context().settings().postgres.owner;
    options.topic_name = context().names().Mapped(sink_.record.name);
    SLUICE_ASSIGN_OR_RETURN(options.topic, log.OpenTopic(options.topic_name));
    options.results = topics.results;
    SLUICE_ASSIGN_OR_RETURN(options.quarantine, OpenQuarantine(log, options.topic_name));
    // It may be the handle that has failed, which another process of its name has taken over: to
    // open the sink again would take it back.
    options.needed = true;
    ReadsAs(stream::kLoadGroup, options.topic_name);
    feed_ = std::make_unique<SinkFeed>(options, log, *plans, context().clock(), context().random(),
                                       &metrics(), context().logger());
    return base::Annotate(feed_->Start(), sink_.record.name);
  }

  absl::StatusOr<pipeline::StepResult> Work() override { return feed_->Step(); }

  const SinkAddress sink_;
  std::unique_ptr<SinkFeed> feed_;
};

}  // namespace

std::unique_ptr<ServicePart> MakeLoadService(ServiceContext& context, const SinkAddress& sink) {
  return std::make_unique<LoadService>(context, sink);
}

}  // namespace sluice::cli
