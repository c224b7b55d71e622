// A transaction of a Kafka log handle. Records are handed to the producer in blocks, each as soon
// as it is full, so that they are on their way while the stage still works.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "common/kafka/client.h"
#include "common/kafka/kafka_log.h"
#include "common/kafka/record_block.h"
#include "common/kafka/state_changelog.h"
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
  RecordBlock& BlockOf(stream::TopicPartition to);
  void Write(stream::TopicPartition to, RecordBlock& block);
  void Write(uint32_t partition, StateBlock& block);
  // Hands over the blocks that are not full.
  void WriteBlocks();
  absl::StatusOr<stream::LogPosition> CommitState();

  KafkaLog& log_;
  bool begun_ = false;
  absl::Status failure_;
  // In the making. A transaction writes to few partitions.
  std::vector<std::pair<stream::TopicPartition, RecordBlock>> blocks_;
  std::map<uint32_t, StateBlock> state_blocks_;
  PartitionList offsets_;
  // Whose offsets they are.
  const KafkaSource* source_ = nullptr;
  std::optional<state::LocalChanges> changes_;
};

}  // namespace sluice::kafka
