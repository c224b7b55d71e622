// KafkaSource: being a member of a group, also after Kafka has shut it out.
#include <fmt/format.h>

#include "common/base/status.h"
#include "common/kafka/error.h"
#include "common/kafka/kafka_log.h"
#include "common/kafka/kafka_source.h"

namespace sluice::kafka {
namespace {

// As often in as long a member joins again by itself, as a producer is made anew.
constexpr size_t kShutOutMax = 5;
constexpr absl::Duration kShutOutWindow = absl::Minutes(10);

}  // namespace

absl::Status KafkaSource::Subscribe() {
  SLUICE_ASSIGN_OR_RETURN(
      auto configuration,
      GroupConfiguration(log_.settings(), log_.GroupId(group_, topic_), log_.name()));
  SLUICE_ASSIGN_OR_RETURN(client_, Client::Create(RD_KAFKA_CONSUMER, std::move(configuration),
                                                  *this, log_.settings().close_timeout));
  log_.WakeOn(*client_);
  const PartitionList list(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(list.get(), topic_name_.c_str(), RD_KAFKA_PARTITION_UA);
  return ToStatus(rd_kafka_subscribe(client_->get(), list.get()),
                  fmt::format("cannot subscribe to {}", topic_name_));
}

// A broker that stood still answers a request of a member that has meanwhile joined anew, and then
// takes the two for different ones: not every namesake is somebody else.
absl::Status KafkaSource::Rejoin() {
  const int64_t now = log_.clock().MonotonicNanos();
  shut_out_at_nanos_.push_back(now);
  while (now - shut_out_at_nanos_.front() > absl::ToInt64Nanoseconds(kShutOutWindow)) {
    shut_out_at_nanos_.pop_front();
  }
  if (shut_out_at_nanos_.size() > kShutOutMax) return fatal_;
  StopReading();
  pending_.clear();
  phase_ = Phase::kReading;
  log_.WakeNoMore(*client_);
  client_.reset();
  fatal_ = absl::OkStatus();
  return Subscribe();
}

void KafkaSource::OnLog(int level, std::string_view text) {
  constexpr int kSyslogWarning = 4;
  if (level <= kSyslogWarning) log_.observer().OnMessage(Severity::kWarning, log_.name(), text);
}

void KafkaSource::OnError(rd_kafka_resp_err_t error, std::string_view reason) {
  log_.observer().OnMessage(Severity::kWarning, log_.name(), reason);
  if (error == RD_KAFKA_RESP_ERR__FATAL) {
    fatal_ = absl::FailedPreconditionError(fmt::format(
        "'{}' can read {} no longer ({}): check that each instance has a name of its own",
        log_.name(), topic_name_, reason));
  }
}

}  // namespace sluice::kafka
