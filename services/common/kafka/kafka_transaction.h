// A transaction of a Kafka log handle. Records are handed to the producer as they come, so that
// they are on their way while the stage still works.
#pragma once

#include <string>
#include <vector>

#include "common/kafka/client.h"
#include "common/kafka/kafka_log.h"
#include "common/state/local_state.h"
#include "common/stream/log.h"

namespace sluice::kafka {

// Thread-compatible. The log outlives it.
class KafkaTransaction : public stream::Transaction {
 public:
  explicit KafkaTransaction(KafkaLog& log);
  // Aborts what was not committed.
  ~KafkaTransaction() override;
  KafkaTransaction(const KafkaTransaction&) = delete;
  KafkaTransaction& operator=(const KafkaTransaction&) = delete;

  void Append(stream::TopicPartition to, const stream::RecordHeaders& headers, std::string_view key,
              std::string_view value) override;
  void Upsert(stream::TopicPartition to, std::string_view key, std::string_view value) override;
  void Consumed(std::string_view group, stream::TopicPartition of, uint64_t next_offset) override;
  void Change(const stream::StateChange& change) override;
  absl::StatusOr<stream::LogPosition> Commit() override;

 private:
  // Begins at the broker's side what is only begun when there is something to write. False when
  // that failed; Commit tells.
  bool Begin();
  absl::StatusOr<stream::LogPosition> CommitState();

  KafkaLog& log_;
  bool begun_ = false;
  absl::Status failure_;
  PartitionList offsets_;
  // Whose offsets they are.
  const KafkaSource* source_ = nullptr;
  std::optional<state::LocalChanges> changes_;
};

}  // namespace sluice::kafka
