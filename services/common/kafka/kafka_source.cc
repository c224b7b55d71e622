#include "common/kafka/kafka_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "common/base/check.h"
#include "common/base/status.h"
#include "common/kafka/error.h"
#include "common/kafka/kafka_log.h"
#include "common/kafka/record_block.h"

namespace sluice::kafka {
namespace {

constexpr absl::Duration kRestoreBudget = absl::Milliseconds(200);

// The generation of a member's metadata; -1 when it is none any more. The C interface gives it in
// no other way than the serialised form: a mark of seven bytes, then the number.
int32_t GenerationOf(const rd_kafka_consumer_group_metadata_t& member) {
  constexpr std::string_view kMark = "CGMDv2:";
  void* bytes = nullptr;
  size_t size = 0;
  rd_kafka_error_t* const error = rd_kafka_consumer_group_metadata_write(&member, &bytes, &size);
  if (error != nullptr) {
    rd_kafka_error_destroy(error);
    return -1;
  }
  int32_t generation = 0;
  const std::string_view text(static_cast<const char*>(bytes), size);
  if (text.starts_with(kMark) && size >= kMark.size() + sizeof(generation)) {
    std::memcpy(&generation, text.data() + kMark.size(), sizeof(generation));
  }
  rd_kafka_mem_free(nullptr, bytes);
  return generation;
}

}  // namespace

absl::StatusOr<std::unique_ptr<KafkaSource>> KafkaSource::Open(KafkaLog& log,
                                                               std::string_view group,
                                                               stream::TopicId topic) {
  std::unique_ptr<KafkaSource> source(new KafkaSource(log, group, topic));
  SLUICE_RETURN_IF_ERROR(source->Subscribe());
  log.sources_.push_back(source.get());
  return source;
}

KafkaSource::KafkaSource(KafkaLog& log, std::string_view group, stream::TopicId topic)
    : log_(log),
      group_(group),
      topic_(topic),
      topic_name_(log.TopicName(topic)),
      partitions_(log.partitions()) {}

KafkaSource::~KafkaSource() {
  std::erase(log_.sources_, this);
  // Queues before the instance they belong to. It may live on for a while without us.
  DropQueues();
  if (client_ != nullptr) log_.WakeNoMore(*client_);
  client_.reset();
}

void KafkaSource::OnRebalance(rd_kafka_t& client, rd_kafka_resp_err_t what,
                              const rd_kafka_topic_partition_list_t& given) {
  StopReading();
  pending_.clear();
  phase_ = Phase::kReading;
  if (what != RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS || client_ == nullptr) {
    rd_kafka_assign(&client, nullptr);
    return;
  }
  // rd_kafka_assign follows in BeginReading, once committed offsets and state are there.
  for (int i = 0; i < given.cnt; ++i) {
    pending_.push_back(static_cast<uint32_t>(given.elems[i].partition));
  }
  std::sort(pending_.begin(), pending_.end());
  phase_ = Phase::kAskCommitted;
}

void KafkaSource::DropQueues() {
  for (Partition& partition : partitions_) {
    if (partition.queue == nullptr) continue;
    rd_kafka_queue_cb_event_enable(partition.queue.get(), nullptr, nullptr);
    partition.queue.reset();
  }
}

void KafkaSource::StopReading() {
  DropQueues();
  StateCopy* const state = log_.state_copy();
  if (state != nullptr && state->input() == topic_name_) state->EndRestore();
  assignment_.partitions.clear();
  ++assignment_.generation;
  member_.reset();
  sought_ = false;
  restored_ = 0;
}

void KafkaSource::Resync() {
  if (phase_ == Phase::kReading) {
    if (assignment_.partitions.empty()) return;
    pending_ = assignment_.partitions;
    StopReading();
    rd_kafka_assign(client_->get(), nullptr);
  }
  StateCopy* const state = log_.state_copy();
  if (state != nullptr && state->input() == topic_name_) state->EndRestore();
  restored_ = 0;
  phase_ = Phase::kAskCommitted;
}

absl::Status KafkaSource::Attend() {
  SLUICE_RETURN_IF_ERROR(log_.Settle());
  SLUICE_RETURN_IF_ERROR(ServeEvents());
  if (phase_ != Phase::kReading) return Advance();
  return sought_ ? Assign() : absl::OkStatus();
}

absl::Status KafkaSource::ServeEvents() {
  if (client_ == nullptr) return Subscribe();
  while (true) {
    Message message(rd_kafka_consumer_poll(client_->get(), 0));
    if (message != nullptr && message->err == RD_KAFKA_RESP_ERR__FATAL) {
      OnError(message->err, rd_kafka_message_errstr(message.get()));
    }
    if (!fatal_.ok()) {
      // Before the instance it belongs to.
      message.reset();
      return Rejoin();
    }
    if (message == nullptr) return absl::OkStatus();
    SLUICE_CHECK(message->err != RD_KAFKA_RESP_ERR_NO_ERROR, "a record came past its queue");
    // A rebalance follows it.
    if (message->err == RD_KAFKA_RESP_ERR__MAX_POLL_EXCEEDED) continue;
    const absl::Status status = ToStatus(message->err, fmt::format("cannot read {}", topic_name_),
                                         rd_kafka_message_errstr(message.get()));
    // The topic was there before: a broker that has just started may not know it yet.
    if (absl::IsFailedPrecondition(status)) return WithCode(absl::StatusCode::kUnavailable, status);
    return status;
  }
}

absl::Status KafkaSource::Advance() {
  if (phase_ == Phase::kAskCommitted) {
    SLUICE_RETURN_IF_ERROR(AskCommitted());
    phase_ = Phase::kRestore;
  }
  SLUICE_ASSIGN_OR_RETURN(const bool restored, RestoreSome());
  log_.Wake();
  return restored ? BeginReading() : absl::OkStatus();
}

absl::Status KafkaSource::AskCommitted() {
  const PartitionList list = ListOf(pending_);
  const auto timeout = static_cast<int>(absl::ToInt64Milliseconds(log_.settings().request_timeout));
  SLUICE_RETURN_IF_ERROR(ToStatus(
      rd_kafka_committed(client_->get(), list.get(), timeout),
      fmt::format("cannot ask for the committed offsets of {} in {}", group_, topic_name_)));
  for (size_t i = 0; i < pending_.size(); ++i) {
    const rd_kafka_topic_partition_t& entry = list->elems[i];
    SLUICE_RETURN_IF_ERROR(
        ToStatus(entry.err, fmt::format("cannot ask for the committed offset of {} in {} [{}]",
                                        group_, topic_name_, entry.partition)));
    uint64_t& position = partitions_[pending_[i]].position;
    if (entry.offset >= 0) {
      position = static_cast<uint64_t>(entry.offset);
      continue;
    }
    SLUICE_ASSIGN_OR_RETURN(const Bounds bounds, QueryBounds(*client_, topic_name_, pending_[i],
                                                             log_.settings().request_timeout));
    position = bounds.start;
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> KafkaSource::RestoreSome() {
  StateCopy* const state = log_.state_copy();
  if (state == nullptr || state->input() != topic_name_) return true;
  const absl::Time deadline = absl::Now() + kRestoreBudget;
  while (restored_ < pending_.size()) {
    const uint32_t partition = pending_[restored_];
    SLUICE_ASSIGN_OR_RETURN(
        const bool done, state->Restore(partition, partitions_[partition].position,
                                        std::max(deadline - absl::Now(), absl::Milliseconds(1))));
    if (done) ++restored_;
    if (absl::Now() >= deadline) break;
  }
  return restored_ == pending_.size();
}

absl::Status KafkaSource::BeginReading() {
  member_.reset(rd_kafka_consumer_group_metadata(client_->get()));
  // Asked for in this order: who is a member of nothing any more has lost the assignment before.
  if (member_ == nullptr || GenerationOf(*member_) < 0 ||
      rd_kafka_assignment_lost(client_->get()) != 0) {
    // The group has gone on without us. Answering lets librdkafka join again.
    member_.reset();
    pending_.clear();
  }
  phase_ = Phase::kReading;
  assignment_.partitions = std::move(pending_);
  pending_.clear();
  ++assignment_.generation;
  log_.observer().OnAssignment(group_, assignment_.partitions);
  return Assign();
}

absl::Status KafkaSource::Assign() {
  sought_ = false;
  const PartitionList before = ListOf(assignment_.partitions);
  rd_kafka_position(client_->get(), before.get());
  for (size_t i = 0; i < assignment_.partitions.size(); ++i) {
    Partition& partition = partitions_[assignment_.partitions[i]];
    partition.stale_position = before->elems[i].offset;
    // A queue of its own for each partition: batches are of one partition, and no batch is in the
    // making while the group takes partitions away.
    partition.queue.reset(rd_kafka_queue_get_partition(
        client_->get(), topic_name_.c_str(), static_cast<int32_t>(assignment_.partitions[i])));
    rd_kafka_queue_forward(partition.queue.get(), nullptr);
    log_.WakeOn(*partition.queue);
  }
  const PartitionList list = ListOf(assignment_.partitions);
  return ToStatus(rd_kafka_assign(client_->get(), list.get()),
                  fmt::format("cannot begin to read {}", topic_name_));
}

PartitionList KafkaSource::ListOf(const std::vector<uint32_t>& partitions) const {
  PartitionList list(rd_kafka_topic_partition_list_new(static_cast<int>(partitions.size())));
  for (const uint32_t partition : partitions) {
    rd_kafka_topic_partition_list_add(list.get(), topic_name_.c_str(),
                                      static_cast<int32_t>(partition))
        ->offset = static_cast<int64_t>(partitions_[partition].position);
  }
  return list;
}

absl::Status KafkaSource::Seek(uint32_t partition, uint64_t offset) {
  if (partition >= partitions_.size() || partitions_[partition].queue == nullptr) {
    return absl::AbortedError(
        fmt::format("partition {} of {} is not assigned any more", partition, topic_name_));
  }
  if (partitions_[partition].position == offset) return absl::OkStatus();
  SLUICE_ASSIGN_OR_RETURN(const Bounds bounds, QueryBounds(*client_, topic_name_, partition,
                                                           log_.settings().request_timeout));
  if (offset < bounds.start || offset > bounds.end) {
    return absl::FailedPreconditionError(fmt::format("{} [{}] holds offsets {} to {}, not {}",
                                                     topic_name_, partition, bounds.start,
                                                     bounds.end, offset));
  }
  partitions_[partition].position = offset;
  sought_ = true;
  return absl::OkStatus();
}

bool KafkaSource::HasRead(uint32_t partition, uint64_t next_offset) const {
  return partition < partitions_.size() && partitions_[partition].queue != nullptr &&
         next_offset <= partitions_[partition].position;
}

absl::Status KafkaSource::Poll(const stream::PollLimits& limits, stream::RecordBatch& batch) {
  batch.Clear();
  batch.position = log_.position();
  const uint64_t generation = assignment_.generation;
  SLUICE_RETURN_IF_ERROR(Attend());
  if (assignment_.generation != generation) return absl::OkStatus();
  const size_t count = assignment_.partitions.size();
  for (size_t tried = 0; tried < count; ++tried) {
    turn_ = (turn_ + 1) % count;
    SLUICE_RETURN_IF_ERROR(Read(assignment_.partitions[turn_], limits, batch));
    if (!batch.records.empty()) return absl::OkStatus();
  }
  return absl::OkStatus();
}

absl::Status KafkaSource::Read(uint32_t partition, const stream::PollLimits& limits,
                               stream::RecordBatch& batch) {
  batch.partition = partition;
  rd_kafka_queue_t* const queue = partitions_[partition].queue.get();
  size_t bytes = 0;
  absl::Status failure;
  while (failure.ok() && batch.records.size() < limits.records_max && bytes < limits.bytes_max &&
         rd_kafka_queue_length(queue) > 0) {
    // As many as fit when all are full blocks.
    messages_.resize(1 + (limits.records_max - batch.records.size()) / kBlockRecordsMax);
    const ssize_t count =
        rd_kafka_consume_batch_queue(queue, 0, messages_.data(), messages_.size());
    messages_.resize(static_cast<size_t>(std::max<ssize_t>(count, 0)));
    failure = Take(partition, batch);
    bytes += batch.buffers.back()->size();
  }
  batch.next_offset = partitions_[partition].position;
  // What was read before it goes first; the failure comes again.
  return batch.records.empty() ? failure : absl::OkStatus();
}

absl::Status KafkaSource::Take(uint32_t partition, stream::RecordBatch& batch) {
  constexpr size_t kImportIdMax = 64;
  // The bytes of all go into one buffer, so that the messages need not outlive the call.
  size_t bytes = 0;
  for (const rd_kafka_message_t* message : messages_) {
    bytes += message->key_len + message->len + kImportIdMax;
  }
  const auto buffer = std::make_shared<std::string>();
  buffer->reserve(bytes);
  const auto keep = [&buffer](const void* from, size_t size) {
    const size_t at = buffer->size();
    buffer->append(static_cast<const char*>(from), size);
    return std::string_view(buffer->data() + at, size);
  };
  absl::Status failure;
  std::string_view import_id;
  uint64_t& position = partitions_[partition].position;
  for (rd_kafka_message_t* taken : messages_) {
    const Message message(taken);
    if (!failure.ok()) continue;
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      failure = ToStatus(message->err,
                         fmt::format("cannot read {} [{}] at {}", topic_name_, partition, position),
                         rd_kafka_message_errstr(message.get()));
      if (message->err == RD_KAFKA_RESP_ERR__FATAL) {
        // The next poll joins again.
        OnError(message->err, rd_kafka_message_errstr(message.get()));
        failure = WithCode(absl::StatusCode::kUnavailable, failure);
      }
      continue;
    }
    const auto offset = static_cast<uint64_t>(message->offset);
    // Never twice, whatever the fetcher does.
    if (offset < position) continue;
    MessageHeaders headers = DecodeHeaders(*message);
    headers.record.import_id = headers.record.import_id.substr(0, kImportIdMax);
    if (headers.record.import_id != import_id) {
      import_id = keep(headers.record.import_id.data(), headers.record.import_id.size());
    }
    headers.record.import_id = import_id;
    const std::string_view value = keep(message->payload, message->len);
    if (headers.block_records > 0) {
      const size_t before = batch.records.size();
      failure = base::Annotate(AppendRecords(value, offset, import_id, batch.records),
                               fmt::format("{} [{}] at {}", topic_name_, partition, offset));
      if (!failure.ok()) {
        batch.records.resize(before);
        continue;
      }
    } else {
      batch.records.push_back(
          {offset, headers.record, keep(message->key, message->key_len), value});
    }
    position = offset + 1;
    // With a record of this assignment, librdkafka's position is of it too.
    partitions_[partition].stale_position = RD_KAFKA_OFFSET_INVALID;
  }
  batch.buffers.push_back(buffer);
  if (failure.ok()) {
    FollowPosition(partition);
  } else {
    // What came behind it must come again.
    sought_ = true;
  }
  return failure;
}

void KafkaSource::FollowPosition(uint32_t partition) {
  const PartitionList list(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_t* const entry = rd_kafka_topic_partition_list_add(
      list.get(), topic_name_.c_str(), static_cast<int32_t>(partition));
  rd_kafka_position(client_->get(), list.get());
  Partition& followed = partitions_[partition];
  if (entry->offset == followed.stale_position || entry->offset < 0) return;
  // Beyond the last record there may be markers, which no reader sees.
  followed.position = std::max(followed.position, static_cast<uint64_t>(entry->offset));
}

}  // namespace sluice::kafka
