// The one producer of a log handle: makes transactions, and knows after each error whether it goes
// on, aborts, or is replaced.
//
// A commit that is neither confirmed nor refused is unknown, never failed: the producer is thrown
// away, and making the next one with the same id settles at the broker what became of the last
// transaction. The same is done after a commit during which a connection broke: a request of it may
// still be under way, and would end the next transaction instead (KAFKA-17754).
#pragma once

#include <librdkafka/rdkafka.h>

#include <atomic>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "common/base/clock.h"
#include "common/kafka/client.h"
#include "common/kafka/connection_complaint.h"
#include "common/kafka/error.h"
#include "common/kafka/kafka_observer.h"
#include "common/kafka/kafka_settings.h"
#include "common/kafka/record_headers.h"
#include "common/stream/record_batch.h"

namespace sluice::kafka {

struct ProducerOptions {
  // Unique in the cluster and stable over restarts: a new producer of this id fences the old one.
  std::string transactional_id;
  // False: a producer that is lost stays lost, because taking it back might fence a successor.
  bool renew = true;
  // More losses within the window stop the handle: two processes of one name fence each other.
  int losses_max = 5;
  absl::Duration losses_window = absl::Minutes(10);
};

// Thread-compatible. What is passed by reference outlives it.
class TransactionalProducer : private ClientEvents {
 public:
  TransactionalProducer(const ProducerOptions& options, const KafkaSettings& settings,
                        const base::Clock& clock, KafkaObserver& observer)
      : options_(options), settings_(settings), clock_(clock), observer_(observer) {}

  // Makes the producer ready, which ends what an earlier one of the id had open. Unavailable when
  // the brokers did not answer in time: call it again. FailedPrecondition when it is lost for good.
  absl::Status Prepare();
  // Needs Prepare.
  absl::Status Begin();
  bool open() const { return open_; }
  // `topic` is opened as `name` once. The bytes are copied. No value = tombstone. Waits while the
  // buffers are full. What fails is told by Commit.
  void Append(stream::TopicId topic, const std::string& name, uint32_t partition,
              const MessageHeaders& headers, std::string_view key,
              std::optional<std::string_view> value);
  // Commits with these offsets of this member; the list may be empty. OK, or: Unknown; or it was
  // aborted, then the code tells why.
  absl::Status Commit(const rd_kafka_topic_partition_list_t& offsets,
                      const rd_kafka_consumer_group_metadata_t* member);
  void Abort();
  // The producer was lost since the last look: whoever reads must look where things stand.
  bool TakeLoss();
  bool lost() const { return lost_; }

  // Where the producer is, for tests of what the broker sees.
  rd_kafka_t* handle() const { return client_ == nullptr ? nullptr : client_->get(); }

 private:
  struct TopicDelete {
    void operator()(rd_kafka_topic_t* topic) const { rd_kafka_topic_destroy(topic); }
  };

  void OnLog(int level, std::string_view text) override;
  void OnError(rd_kafka_resp_err_t error, std::string_view reason) override;
  absl::Status Create();
  absl::StatusOr<rd_kafka_topic_t*> TopicOf(stream::TopicId topic, const std::string& name);
  // Calls until it is no longer told to retry or the deadline is over. Null = done.
  template <typename Call>
  Error CallUntil(int64_t deadline_nanos, const Call& call);
  absl::Status AbortAfter(absl::Status cause);
  // After an outcome that is certain: nothing of it may be under way when the next one begins.
  void DropIfSuspect();
  void Drop();
  void Lose(std::string_view why);
  int64_t Deadline() const;

  const ProducerOptions options_;
  const KafkaSettings settings_;
  const base::Clock& clock_;
  KafkaObserver& observer_;
  ConnectionComplaint complaint_;
  std::unique_ptr<Client> client_;
  bool initialised_ = false;
  bool open_ = false;
  bool lost_ = false;
  bool dead_ = false;
  // The first thing that went wrong in the open transaction.
  absl::Status failure_;
  std::vector<std::unique_ptr<rd_kafka_topic_t, TopicDelete>> topics_;
  // A connection broke or a broker did not answer.
  std::atomic<bool> suspect_{false};
  std::deque<int64_t> losses_at_nanos_;
};

}  // namespace sluice::kafka
