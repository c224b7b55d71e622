#include "common/kafka/kafka_log.h"

#include <fmt/format.h>

#include <algorithm>

#include "absl/container/flat_hash_map.h"
#include "common/base/check.h"
#include "common/base/status.h"
#include "common/kafka/error.h"
#include "common/kafka/kafka_source.h"
#include "common/kafka/kafka_transaction.h"
#include "common/kafka/partition_scan.h"

namespace sluice::kafka {
namespace {

using stream::TopicId;
using stream::TopicPartition;

// State of a handle that keeps none.
class NoState : public stream::StateReader {
 public:
  absl::Status MultiGet(uint32_t, const std::vector<std::string_view>& keys,
                        std::vector<std::string>& values, std::vector<bool>& found) const override {
    values.resize(keys.size());
    found.assign(keys.size(), false);
    return absl::OkStatus();
  }
};

struct TopicHandleDelete {
  void operator()(rd_kafka_topic_t* topic) const { rd_kafka_topic_destroy(topic); }
};

// Number of partitions of a topic. FailedPrecondition when there is no such topic.
absl::StatusOr<uint32_t> AskPartitions(const Client& client, const std::string& topic,
                                       absl::Duration timeout) {
  const std::unique_ptr<rd_kafka_topic_t, TopicHandleDelete> handle(
      rd_kafka_topic_new(client.get(), topic.c_str(), nullptr));
  if (handle == nullptr) {
    return ToStatus(rd_kafka_last_error(), fmt::format("cannot open the topic {}", topic));
  }
  const struct rd_kafka_metadata* metadata = nullptr;
  SLUICE_RETURN_IF_ERROR(
      ToStatus(rd_kafka_metadata(client.get(), 0, handle.get(), &metadata,
                                 static_cast<int>(absl::ToInt64Milliseconds(timeout))),
               fmt::format("cannot ask for the topic {}", topic)));
  const rd_kafka_resp_err_t error =
      metadata->topic_cnt == 1 ? metadata->topics[0].err : RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
  const auto count =
      metadata->topic_cnt == 1 ? static_cast<uint32_t>(metadata->topics[0].partition_cnt) : 0;
  rd_kafka_metadata_destroy(metadata);
  if (error == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) {
    return absl::FailedPreconditionError(
        fmt::format("Kafka has no topic {}: create it with `sluice topics create`", topic));
  }
  SLUICE_RETURN_IF_ERROR(ToStatus(error, fmt::format("cannot open the topic {}", topic)));
  return count;
}

}  // namespace

absl::StatusOr<std::unique_ptr<KafkaLog>> KafkaLog::Open(const KafkaLogOptions& options,
                                                         const base::Clock& clock,
                                                         KafkaObserver& observer) {
  SLUICE_RETURN_IF_ERROR(options.settings.Validate());
  if (options.name.empty()) return absl::InvalidArgumentError("a log handle needs a name");
  std::unique_ptr<KafkaLog> log(new KafkaLog(options, clock, observer));
  SLUICE_RETURN_IF_ERROR(log->Connect());
  if (options.state.has_value()) SLUICE_RETURN_IF_ERROR(log->OpenState());
  return log;
}

KafkaLog::KafkaLog(const KafkaLogOptions& options, const base::Clock& clock,
                   KafkaObserver& observer)
    : options_(options), clock_(clock), observer_(observer) {}

KafkaLog::~KafkaLog() {
  SLUICE_CHECK(sources_.empty(), "a log handle outlives its sources");
  // They still talk while they close.
  state_.reset();
  producer_.reset();
  reader_.reset();
}

void KafkaLog::OnLog(int level, std::string_view text) {
  complaint_.Hear(level, text);
  constexpr int kSyslogWarning = 4;
  if (level > kSyslogWarning) return;
  observer_.OnMessage(Severity::kWarning, options_.name, text);
}

absl::Status KafkaLog::Connect() {
  SLUICE_ASSIGN_OR_RETURN(auto configuration,
                          ReaderConfiguration(options_.settings, options_.name));
  SLUICE_ASSIGN_OR_RETURN(reader_, Client::Create(RD_KAFKA_CONSUMER, std::move(configuration),
                                                  *this, options_.settings.close_timeout));
  const int timeout_ms =
      static_cast<int>(absl::ToInt64Milliseconds(options_.settings.request_timeout));
  // Connects at once; asked for the cluster's id alone, librdkafka 2.0.2 first waits for the tick
  // of a second.
  const struct rd_kafka_metadata* brokers = nullptr;
  char* cluster = nullptr;
  if (rd_kafka_metadata(reader_->get(), 0, nullptr, &brokers, timeout_ms) ==
      RD_KAFKA_RESP_ERR_NO_ERROR) {
    rd_kafka_metadata_destroy(brokers);
    cluster = rd_kafka_clusterid(reader_->get(), timeout_ms);
  }
  if (cluster == nullptr) {
    return complaint_.Explain(
        absl::UnavailableError(
            fmt::format("Kafka does not answer at {} (kafka.brokers)", options_.settings.brokers)),
        options_.settings);
  }
  id_ = cluster;
  rd_kafka_mem_free(reader_->get(), cluster);
  if (!options_.writes) return absl::OkStatus();
  ProducerOptions producer;
  producer.transactional_id = options_.name;
  producer.renew = options_.renew_producer;
  producer_ =
      std::make_unique<TransactionalProducer>(producer, options_.settings, clock_, observer_);
  return producer_->Prepare();
}

absl::Status KafkaLog::OpenState() {
  SLUICE_ASSIGN_OR_RETURN(state_, StateCopy::Open(*options_.state, options_.settings, options_.name,
                                                  clock_, observer_));
  state_->SetLogId(id_);
  SLUICE_ASSIGN_OR_RETURN(changelog_topic_, OpenTopic(options_.state->changelog));
  return absl::OkStatus();
}

absl::StatusOr<TopicId> KafkaLog::OpenTopic(std::string_view name) {
  {
    base::MutexLock lock(&mutex_);
    const auto found = topics_.find(name);
    if (found != topics_.end()) return found->second;
  }
  SLUICE_ASSIGN_OR_RETURN(const uint32_t count, AskPartitions(*reader_, std::string(name),
                                                              options_.settings.request_timeout));
  if (count != options_.settings.partitions) {
    return absl::FailedPreconditionError(fmt::format(
        "the topic {} has {} partitions, the setting 'partitions' says {}: set it back, or let "
        "the log run empty and create new topics",
        name, count, options_.settings.partitions));
  }
  base::MutexLock lock(&mutex_);
  const auto [entry, added] =
      topics_.try_emplace(std::string(name), static_cast<TopicId>(topic_names_.size()));
  if (added) topic_names_.emplace_back(name);
  return entry->second;
}

const std::string& KafkaLog::TopicName(TopicId topic) const {
  base::MutexLock lock(&mutex_);
  SLUICE_CHECK(topic < topic_names_.size(), "no such topic");
  // A deque never moves what it holds.
  return topic_names_[topic];
}

std::string KafkaLog::GroupId(std::string_view group, TopicId topic) const {
  return GroupName(TopicName(topic), group);
}

absl::StatusOr<std::unique_ptr<stream::RecordSource>> KafkaLog::OpenSource(std::string_view group,
                                                                           TopicId topic) {
  SLUICE_ASSIGN_OR_RETURN(auto source, KafkaSource::Open(*this, group, topic));
  return std::unique_ptr<stream::RecordSource>(std::move(source));
}

const KafkaSource* KafkaLog::FindSource(std::string_view group, TopicId topic) const {
  const auto found = std::find_if(sources_.begin(), sources_.end(), [&](const KafkaSource* source) {
    return source->topic() == topic && source->group() == group;
  });
  return found == sources_.end() ? nullptr : *found;
}

std::unique_ptr<stream::Transaction> KafkaLog::Begin() {
  SLUICE_CHECK(producer_ != nullptr, "this handle was opened without writing");
  return std::make_unique<KafkaTransaction>(*this);
}

absl::Status KafkaLog::BeginTransaction() {
  if (Unsettled()) {
    // What was polled before may have been committed: it must be read again first.
    if (!sources_.empty()) {
      return absl::UnavailableError("the producer was lost: reading must begin again first");
    }
    SLUICE_RETURN_IF_ERROR(Settle());
  }
  SLUICE_RETURN_IF_ERROR(producer_->Prepare());
  return producer_->Begin();
}

absl::Status KafkaLog::Settle() {
  if (!Unsettled()) return absl::OkStatus();
  // First this: afterwards the last transaction is either committed or aborted.
  SLUICE_RETURN_IF_ERROR(producer_->Prepare());
  for (KafkaSource* source : sources_) source->Resync();
  producer_->TakeLoss();
  state_distrusted_ = false;
  return absl::OkStatus();
}

absl::StatusOr<uint64_t> KafkaLog::ReadTable(TopicPartition of, uint64_t from_offset,
                                             const TableVisitor& visit) {
  const std::string& topic = TopicName(of.topic);
  base::MutexLock lock(&scan_mutex_);
  SLUICE_ASSIGN_OR_RETURN(const Bounds bounds, QueryBounds(*reader_, topic, of.partition,
                                                           options_.settings.request_timeout));
  from_offset = std::max(from_offset, bounds.start);
  if (from_offset >= bounds.end) return from_offset;
  SLUICE_ASSIGN_OR_RETURN(const auto scan, PartitionScan::Begin(*reader_, topic, of.partition,
                                                                from_offset, bounds.end));
  // Compaction lags behind: of each key only the last counts.
  std::vector<std::pair<std::string, std::optional<std::string>>> records;
  absl::flat_hash_map<std::string, size_t> last;
  const auto take = [&](uint64_t, std::string_view key, std::optional<std::string_view> value) {
    last[std::string(key)] = records.size();
    records.emplace_back(std::string(key),
                         value.has_value() ? std::optional<std::string>(*value) : std::nullopt);
  };
  // Without progress for as long, the brokers do not answer.
  while (true) {
    const uint64_t before = scan->next_offset();
    SLUICE_ASSIGN_OR_RETURN(const bool done, scan->Step(options_.settings.request_timeout, take));
    if (done) break;
    if (scan->next_offset() == before) {
      return absl::UnavailableError(fmt::format("cannot read {} to its end", topic));
    }
  }
  for (size_t i = 0; i < records.size(); ++i) {
    const auto& [key, value] = records[i];
    if (last[key] == i && value.has_value()) visit(key, *value);
  }
  return scan->next_offset();
}

stream::LogPosition KafkaLog::position() const {
  base::MutexLock lock(&mutex_);
  return writes_;
}

uint64_t KafkaLog::WaitForWrite(uint64_t seen, absl::Duration timeout) {
  base::MutexLock lock(&mutex_);
  const auto written = [this, seen]()
                           ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return writes_ != seen; };
  mutex_.AwaitWithTimeout(base::Condition(&written), timeout);
  return writes_;
}

const stream::StateReader& KafkaLog::state() const {
  static const NoState kNone;
  return state_ == nullptr ? kNone : state_->reader();
}

stream::LogPosition KafkaLog::Wake() {
  base::MutexLock lock(&mutex_);
  return ++writes_;
}

void KafkaLog::WakeOn(rd_kafka_queue_t& queue) {
  // Called when the queue has something again.
  rd_kafka_queue_cb_event_enable(
      &queue, [](rd_kafka_t*, void* log) { static_cast<KafkaLog*>(log)->Wake(); }, this);
}

void KafkaLog::WakeNoMore(const Client& client) {
  const Queue queue(rd_kafka_queue_get_consumer(client.get()));
  rd_kafka_queue_cb_event_enable(queue.get(), nullptr, nullptr);
}

void KafkaLog::WakeOn(const Client& client) {
  const Queue queue(rd_kafka_queue_get_consumer(client.get()));
  WakeOn(*queue);
}

}  // namespace sluice::kafka
