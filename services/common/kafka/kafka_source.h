// Reader of one topic in a Kafka group: eager assignment, static membership.
//
// What happens when partitions are assigned, in this order, over as many polls as it takes: the
// group's committed offsets are asked for, which waits until a predecessor's last transaction is
// settled; then state is brought up to the end of its changelog; then reading begins. The other
// order would miss what the predecessor committed in between.
#pragma once

#include <librdkafka/rdkafka.h>

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "common/kafka/client.h"
#include "common/stream/log.h"

namespace sluice::kafka {

class KafkaLog;

struct MemberDelete {
  void operator()(rd_kafka_consumer_group_metadata_t* member) const {
    rd_kafka_consumer_group_metadata_destroy(member);
  }
};
using Member = std::unique_ptr<rd_kafka_consumer_group_metadata_t, MemberDelete>;

// Thread-compatible. The log outlives it.
class KafkaSource : public stream::RecordSource, private ClientEvents {
 public:
  static absl::StatusOr<std::unique_ptr<KafkaSource>> Open(KafkaLog& log, std::string_view group,
                                                           stream::TopicId topic);
  ~KafkaSource() override;
  KafkaSource(const KafkaSource&) = delete;
  KafkaSource& operator=(const KafkaSource&) = delete;

  absl::Status Poll(const stream::PollLimits& limits, stream::RecordBatch& batch) override;
  absl::Status Attend() override;
  const stream::Assignment& assignment() const override { return assignment_; }
  absl::Status Seek(uint32_t partition, uint64_t offset) override;
  uint64_t Position(uint32_t partition) const override { return partitions_[partition].position; }

  const std::string& group() const { return group_; }
  stream::TopicId topic() const { return topic_; }
  // The member as of the current assignment: a commit with it is refused once the group has moved
  // on. Null while nothing is assigned.
  const rd_kafka_consumer_group_metadata_t* member() const { return member_.get(); }
  // Whether the partition is assigned and was read up to the offset.
  bool HasRead(uint32_t partition, uint64_t next_offset) const;
  // All positions are void: reading begins again as after an assignment, in the next polls.
  void Resync();

 private:
  enum class Phase { kReading, kAskCommitted, kRestore };
  struct Partition {
    // Null while it is not assigned.
    Queue queue;
    uint64_t position = 0;
    // What librdkafka had as position before the assignment, and may still have for a moment.
    int64_t stale_position = RD_KAFKA_OFFSET_INVALID;
  };

  KafkaSource(KafkaLog& log, std::string_view group, stream::TopicId topic);
  void OnLog(int level, std::string_view text) override;
  void OnError(rd_kafka_resp_err_t error, std::string_view reason) override;
  void OnRebalance(rd_kafka_t& client, rd_kafka_resp_err_t what,
                   const rd_kafka_topic_partition_list_t& given) override;
  absl::Status Subscribe();
  // A member that Kafka has shut out joins again; FailedPrecondition when that happens too often.
  absl::Status Rejoin();
  absl::Status ServeEvents();
  absl::Status Advance();
  absl::Status AskCommitted();
  absl::StatusOr<bool> RestoreSome();
  absl::Status BeginReading();
  absl::Status Assign();
  PartitionList ListOf(const std::vector<uint32_t>& partitions) const;
  void DropQueues();
  // Nothing is read any more; a new generation.
  void StopReading();
  absl::Status Read(uint32_t partition, const stream::PollLimits& limits,
                    stream::RecordBatch& batch);
  // Moves messages_ into the batch, up to the first that is an error.
  absl::Status Take(uint32_t partition, stream::RecordBatch& batch);
  void FollowPosition(uint32_t partition);

  KafkaLog& log_;
  const std::string group_;
  const stream::TopicId topic_;
  const std::string topic_name_;
  std::unique_ptr<Client> client_;
  stream::Assignment assignment_;
  std::vector<Partition> partitions_;
  Member member_;
  Phase phase_ = Phase::kReading;
  // Assigned by the group, not yet read.
  std::vector<uint32_t> pending_;
  size_t restored_ = 0;
  // Positions were moved by Seek.
  bool sought_ = false;
  absl::Status fatal_;
  // When it was shut out lately.
  std::deque<int64_t> shut_out_at_nanos_;
  size_t turn_ = 0;
  std::vector<rd_kafka_message_t*> messages_;
};

}  // namespace sluice::kafka
