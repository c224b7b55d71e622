#include "common/kafka/kafka_transaction.h"

#include <fmt/format.h>

#include "common/base/check.h"
#include "common/base/status.h"
#include "common/kafka/kafka_source.h"

namespace sluice::kafka {

using stream::TopicPartition;

KafkaTransaction::KafkaTransaction(KafkaLog& log)
    : log_(log), offsets_(rd_kafka_topic_partition_list_new(4)) {
  if (log.state_copy() != nullptr) changes_.emplace(log.state_copy()->Changes());
}

KafkaTransaction::~KafkaTransaction() {
  if (begun_) log_.producer().Abort();
}

bool KafkaTransaction::Begin() {
  if (begun_) return true;
  if (!failure_.ok()) return false;
  failure_ = log_.BeginTransaction();
  begun_ = failure_.ok();
  return begun_;
}

void KafkaTransaction::Append(TopicPartition to, const stream::RecordHeaders& headers,
                              std::string_view key, std::string_view value) {
  if (!Begin()) return;
  RecordBlock& block = BlockOf(to);
  if (headers.kind == stream::RecordKind::kData) {
    if (!block.Takes(headers, key.size() + value.size())) Write(to, block);
    block.Add(headers, key, value);
    return;
  }
  // On its own, behind what came before it.
  if (!block.empty()) Write(to, block);
  log_.producer().Append(to.topic, log_.TopicName(to.topic), to.partition, {headers}, key, value);
}

RecordBlock& KafkaTransaction::BlockOf(TopicPartition to) {
  for (auto& [of, block] : blocks_) {
    if (of == to) return block;
  }
  return blocks_.emplace_back(to, RecordBlock()).second;
}

void KafkaTransaction::Write(TopicPartition to, RecordBlock& block) {
  log_.producer().Append(to.topic, log_.TopicName(to.topic), to.partition, block.headers(), {},
                         block.bytes());
  block.Clear();
}

void KafkaTransaction::Write(uint32_t partition, StateBlock& block) {
  const ChangelogRecord record = block.Record();
  log_.producer().Append(log_.changelog_topic(), log_.state_copy()->changelog(), partition, {},
                         record.key, record.value);
  block.Clear();
}

void KafkaTransaction::WriteBlocks() {
  for (auto& [to, block] : blocks_) {
    if (!block.empty()) Write(to, block);
  }
  for (auto& [partition, block] : state_blocks_) {
    if (!block.empty()) Write(partition, block);
  }
}

void KafkaTransaction::Upsert(TopicPartition to, std::string_view key, std::string_view value) {
  if (!Begin()) return;
  const std::optional<std::string_view> kept =
      value.empty() ? std::nullopt : std::optional<std::string_view>(value);
  log_.producer().Append(to.topic, log_.TopicName(to.topic), to.partition, {}, key, kept);
}

void KafkaTransaction::Consumed(std::string_view group, TopicPartition of, uint64_t next_offset) {
  if (!failure_.ok()) return;
  const KafkaSource* const source = log_.FindSource(group, of.topic);
  SLUICE_CHECK(source != nullptr, "offsets are committed through the handle that reads them");
  SLUICE_CHECK(source_ == nullptr || source_ == source, "a transaction has offsets of one source");
  source_ = source;
  if (!source->HasRead(of.partition, next_offset)) {
    failure_ = absl::AbortedError(fmt::format("partition {} of {} is not assigned any more",
                                              of.partition, log_.TopicName(of.topic)));
    return;
  }
  rd_kafka_topic_partition_list_add(offsets_.get(), log_.TopicName(of.topic).c_str(),
                                    static_cast<int32_t>(of.partition))
      ->offset = static_cast<int64_t>(next_offset);
}

void KafkaTransaction::Change(const stream::StateChange& change) {
  SLUICE_CHECK(changes_.has_value(), "a handle without a changelog keeps no state");
  if (!Begin()) return;
  StateBlock& block = state_blocks_[change.partition];
  block.Add(change);
  if (block.full()) Write(change.partition, block);
  changes_->Add(change);
}

absl::StatusOr<stream::LogPosition> KafkaTransaction::Commit() {
  if (offsets_->cnt > 0) Begin();
  if (!failure_.ok()) {
    if (begun_) log_.producer().Abort();
    begun_ = false;
    return failure_;
  }
  if (!begun_) return log_.position();
  WriteBlocks();
  begun_ = false;
  SLUICE_RETURN_IF_ERROR(
      log_.producer().Commit(*offsets_, source_ == nullptr ? nullptr : source_->member()));
  return changes_.has_value() ? CommitState() : log_.Wake();
}

absl::StatusOr<stream::LogPosition> KafkaTransaction::CommitState() {
  const bool of_input =
      source_ != nullptr && log_.TopicName(source_->topic()) == log_.state_copy()->input();
  for (int i = 0; of_input && i < offsets_->cnt; ++i) {
    const rd_kafka_topic_partition_t& entry = offsets_->elems[i];
    log_.state_copy()->Checkpoint(static_cast<uint32_t>(entry.partition),
                                  static_cast<uint64_t>(entry.offset), *changes_);
  }
  const absl::Status applied =
      changes_->empty() ? absl::OkStatus() : log_.state_copy()->Apply(*changes_);
  if (applied.ok()) return log_.Wake();
  // It is committed, but what the next batch would see is not: the view is restored first.
  log_.DistrustState();
  return absl::UnknownError(fmt::format("a transaction was committed, but not its state here: {}",
                                        base::Message(applied)));
}

}  // namespace sluice::kafka
