// The log over Apache Kafka. One handle for each runner: it has the runner's transactional
// producer, its member of the group, and its view of the state.
//
// Guarantees: records, state changes and offsets of a transaction are committed together; readers
// see committed records only; a member that the group has given up, and a process that another of
// the same name has replaced, commit nothing. A committed transaction is durable.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "common/base/clock.h"
#include "common/base/mutex.h"
#include "common/kafka/client.h"
#include "common/kafka/connection_complaint.h"
#include "common/kafka/kafka_observer.h"
#include "common/kafka/kafka_offsets.h"
#include "common/kafka/kafka_settings.h"
#include "common/kafka/state_copy.h"
#include "common/kafka/transactional_producer.h"
#include "common/stream/log.h"

namespace sluice::kafka {

class KafkaSource;

struct KafkaLogOptions {
  KafkaSettings settings;
  // Of this handle, unique in the cluster and the same after a restart:
  // `<prefix>.<service>.<instance>`. Transactional id, and name of the member in groups.
  std::string name;
  // False: nothing is written, and other handles may have the same name.
  bool writes = true;
  // False: a producer that is fenced or loses its connection stays lost, and the handle with it.
  // For who must ask somebody before it writes again.
  bool renew_producer = true;
  // For a stage that keeps state.
  std::optional<StateCopyOptions> state;
};

// Thread-safe but for Begin, OpenSource, the sources and the transactions: these belong to one
// thread. What is passed by reference outlives it.
class KafkaLog : public stream::Log, private ClientEvents {
 public:
  // Ends what an earlier handle of the name had open. Unavailable while the brokers do not answer:
  // try again.
  static absl::StatusOr<std::unique_ptr<KafkaLog>> Open(const KafkaLogOptions& options,
                                                        const base::Clock& clock,
                                                        KafkaObserver& observer);
  ~KafkaLog() override;

  // The cluster's.
  std::string_view id() const override { return id_; }
  uint32_t partitions() const override { return options_.settings.partitions; }
  absl::StatusOr<stream::TopicId> OpenTopic(std::string_view name) override;
  absl::StatusOr<std::unique_ptr<stream::RecordSource>> OpenSource(std::string_view group,
                                                                   stream::TopicId topic) override;
  std::unique_ptr<stream::Transaction> Begin() override;
  stream::Offsets& offsets() override { return offsets_; }
  absl::StatusOr<uint64_t> ReadTable(stream::TopicPartition of, uint64_t from_offset,
                                     const TableVisitor& visit) override;
  stream::LogPosition position() const override;
  void RequestDurable(stream::LogPosition) override {}
  absl::Status WaitDurable(stream::LogPosition) override { return absl::OkStatus(); }
  // Wakes when records have come, the group has something to say, or this handle has written.
  uint64_t WaitForWrite(uint64_t seen, absl::Duration timeout) override;

  // As of the handle's commits, for the partitions its source is assigned. Empty without state.
  const stream::StateReader& state() const;
  // Bytes of that view, on disk and in memory.
  uint64_t StateSizeBytes() const { return state_ == nullptr ? 0 : state_->SizeBytes(); }
  // For tests of what the broker sees.
  TransactionalProducer& producer() { return *producer_; }

 private:
  friend class KafkaOffsets;
  friend class KafkaSource;
  friend class KafkaTransaction;

  KafkaLog(const KafkaLogOptions& options, const base::Clock& clock, KafkaObserver& observer);
  void OnLog(int level, std::string_view text) override;
  absl::Status Connect();
  absl::Status OpenState();

  const std::string& name() const { return options_.name; }
  const KafkaSettings& settings() const { return options_.settings; }
  KafkaObserver& observer() { return observer_; }
  const base::Clock& clock() const { return clock_; }
  const Client& reader() const { return *reader_; }
  StateCopy* state_copy() { return state_.get(); }
  stream::TopicId changelog_topic() const { return changelog_topic_; }
  const std::string& TopicName(stream::TopicId topic) const;
  std::string GroupId(std::string_view group, stream::TopicId topic) const;
  const KafkaSource* FindSource(std::string_view group, stream::TopicId topic) const;
  absl::Status BeginTransaction();
  // After a loss of the producer, or of trust in the state: makes the producer anew, which settles
  // what it had open, and lets all sources begin again. Nothing to do otherwise.
  absl::Status Settle();
  bool Unsettled() const {
    return state_distrusted_ || (producer_ != nullptr && producer_->lost());
  }
  void DistrustState() { state_distrusted_ = true; }
  // Wakes who waits for writes; the new position.
  stream::LogPosition Wake();
  void WakeOn(const Client& client);
  void WakeOn(rd_kafka_queue_t& queue);
  void WakeNoMore(const Client& client);

  const KafkaLogOptions options_;
  const base::Clock& clock_;
  KafkaObserver& observer_;
  KafkaOffsets offsets_{*this};
  std::string id_;
  std::unique_ptr<Client> reader_;
  std::unique_ptr<TransactionalProducer> producer_;
  std::unique_ptr<StateCopy> state_;
  stream::TopicId changelog_topic_ = 0;
  bool state_distrusted_ = false;
  // Open sources; not owned.
  std::vector<KafkaSource*> sources_;

  mutable base::Mutex mutex_;
  std::map<std::string, stream::TopicId, std::less<>> topics_ ABSL_GUARDED_BY(mutex_);
  std::deque<std::string> topic_names_ ABSL_GUARDED_BY(mutex_);
  uint64_t writes_ ABSL_GUARDED_BY(mutex_) = 0;
  // Of the reader's client.
  ConnectionComplaint complaint_;
  // One scan at a time uses the reader.
  base::Mutex scan_mutex_;
};

}  // namespace sluice::kafka
