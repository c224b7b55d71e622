#include "ingest/topic_reader.h"

#include <algorithm>

#include "common/base/status.h"
#include "common/formats/record_splitter.h"
#include "common/formats/row_reader.h"

namespace sluice::ingest {

absl::StatusOr<std::unique_ptr<TopicReader>> TopicReader::Create(
    const ReaderOptions& options, stream::Log& log, std::shared_ptr<const plan::CompiledPlan> plan,
    const kafka::KafkaSettings& settings, Lead& lead, pipeline::RunnerObserver* observer,
    const base::Clock& clock) {
  std::unique_ptr<TopicReader> reader(
      new TopicReader(options, log, std::move(plan), settings, lead, observer, clock));
  RecordSender& sender = reader->sender_;
  SLUICE_RETURN_IF_ERROR(sender.ReadPosition());
  return reader;
}

TopicReader::TopicReader(const ReaderOptions& options, stream::Log& log,
                         std::shared_ptr<const plan::CompiledPlan> plan,
                         const kafka::KafkaSettings& settings, Lead& lead,
                         pipeline::RunnerObserver* observer, const base::Clock& clock)
    : options_(options),
      settings_(settings),
      clock_(clock),
      sender_(options.topics, log, std::move(plan), lead, observer, clock) {}

absl::Status TopicReader::OpenTopic() {
  if (tail_ != nullptr) return absl::OkStatus();
  const plan::planpb::Source& source = sender_.plan().plan().source();
  SLUICE_ASSIGN_OR_RETURN(values_, TopicValueReader::Create(source));
  kafka::TailOffsets from;
  for (const auto& at : sender_.position().topic()) from[at.partition()] = at.next_offset();
  SLUICE_ASSIGN_OR_RETURN(tail_, kafka::TopicTail::Open(settings_, source.topic(), from, clock_));
  return absl::OkStatus();
}

void TopicReader::Send(uint32_t partition, uint64_t offset, std::optional<std::string_view> value,
                       stream::Transaction& transaction) {
  storage::v1::IngestPosition& position = sender_.position();
  const auto at = std::find_if(position.mutable_topic()->begin(), position.mutable_topic()->end(),
                               [&](const auto& known) { return known.partition() == partition; });
  storage::v1::TopicPosition& where =
      at == position.mutable_topic()->end() ? *position.add_topic() : *at;
  where.set_partition(partition);
  where.set_next_offset(offset + 1);
  // A tombstone says that its key is gone, which is for its owner to act upon.
  if (!value.has_value()) return;
  SourceRecord record;
  record.row = position.ordinal() + 1;
  if (value->size() > sender_.plan().plan().row_bytes_max()) {
    record.problem = formats::kRowTooLarge;
  } else if (!values_->Read(*value, cells_, forms_)) {
    record.problem = formats::kInvalidJson;
  } else {
    if (formats::IsBlank(cells_)) return;
    record.cells = cells_;
    record.forms = forms_;
  }
  sender_.Send(record, transaction);
}

absl::StatusOr<ReadStep> TopicReader::Step() {
  storage::v1::IngestPosition& position = sender_.position();
  if (position.ended()) return ReadStep::kEnded;
  std::optional<recordpb::EndReason> end;
  if (cancelled_) end = recordpb::END_REASON_CANCELLED;
  const uint64_t allowed = cancelled_ ? 0 : std::min(sender_.Allowance(), options_.records_max);
  if (allowed == 0 && !cancelled_) return ReadStep::kThrottled;
  // One that is cancelled ends, whatever has become of its topic.
  if (!cancelled_) SLUICE_RETURN_IF_ERROR(OpenTopic());
  const auto transaction = sender_.Begin();
  bool moved = false;
  if (!cancelled_) {
    SLUICE_RETURN_IF_ERROR(tail_->Poll(
        allowed, absl::Milliseconds(5),
        [&](uint32_t partition, uint64_t offset, std::optional<std::string_view> value) {
          Send(partition, offset, value, *transaction);
          moved = true;
        }));
    if (!moved) return ReadStep::kThrottled;
  }
  SLUICE_RETURN_IF_ERROR(sender_.Commit(*transaction, end));
  return ReadStep::kProgress;
}

}  // namespace sluice::ingest
