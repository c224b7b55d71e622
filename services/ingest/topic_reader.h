// Reads somebody's Kafka topic into one open import, until it is cancelled. Which offsets were read
// stands in the import's position, in the transaction of the records before it.
#pragma once

#include <memory>
#include <vector>

#include "common/base/clock.h"
#include "common/kafka/topic_tail.h"
#include "common/pipeline/stage_runner.h"
#include "ingest/lead.h"
#include "ingest/record_sender.h"
#include "ingest/source_reader.h"
#include "ingest/topic_value.h"

namespace sluice::ingest {

// Thread-compatible. What is passed by reference outlives it.
class TopicReader : public SourceReader {
 public:
  static absl::StatusOr<std::unique_ptr<TopicReader>> Create(
      const ReaderOptions& options, stream::Log& log,
      std::shared_ptr<const plan::CompiledPlan> plan, const kafka::KafkaSettings& settings,
      Lead& lead, pipeline::RunnerObserver* observer, const base::Clock& clock);

  absl::StatusOr<ReadStep> Step() override;
  void Cancel() override { cancelled_ = true; }

 private:
  TopicReader(const ReaderOptions& options, stream::Log& log,
              std::shared_ptr<const plan::CompiledPlan> plan, const kafka::KafkaSettings& settings,
              Lead& lead, pipeline::RunnerObserver* observer, const base::Clock& clock);
  absl::Status OpenTopic();
  void Send(uint32_t partition, uint64_t offset, std::optional<std::string_view> value,
            stream::Transaction& transaction);

  const ReaderOptions options_;
  const kafka::KafkaSettings settings_;
  const base::Clock& clock_;
  RecordSender sender_;
  // Null until the first step.
  std::unique_ptr<TopicValueReader> values_;
  std::unique_ptr<kafka::TopicTail> tail_;
  std::vector<std::string_view> cells_;
  std::vector<formats::CellForm> forms_;
  bool cancelled_ = false;
};

}  // namespace sluice::ingest
