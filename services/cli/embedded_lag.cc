// How far the stages of EmbeddedNode are behind.
#include <algorithm>

#include "cli/embedded_node.h"
#include "common/base/status.h"
#include "common/stream/topics.h"

namespace sluice::cli {

absl::StatusOr<uint64_t> EmbeddedNode::Lag(std::string_view group, stream::TopicId topic) {
  uint64_t lag = 0;
  for (uint32_t partition = 0; partition < log_->partitions(); ++partition) {
    SLUICE_ASSIGN_OR_RETURN(const auto committed, log_->Committed(group, {topic, partition}));
    SLUICE_ASSIGN_OR_RETURN(const uint64_t end, log_->End({topic, partition}));
    lag += end - std::min(end, committed.value_or(0));
  }
  return lag;
}

void EmbeddedNode::MeasureLag(const std::string& stage, std::string_view group,
                              const std::vector<stream::TopicId>& topics) {
  const int64_t now = clock_.MonotonicNanos();
  uint64_t records = 0;
  absl::Duration age;
  for (const stream::TopicId topic : topics) {
    for (uint32_t partition = 0; partition < log_->partitions(); ++partition) {
      const auto committed = log_->Committed(group, {topic, partition});
      const auto end = log_->End({topic, partition});
      // The next look tells.
      if (!committed.ok() || !end.ok()) return;
      const uint64_t read = committed->value_or(0);
      records += *end - std::min(*end, read);
      age = std::max(age, lag_ages_[{topic, partition}].Look(now, *end, read));
    }
  }
  metrics_.at(stage)->SetLag(records, age);
}

void EmbeddedNode::UpdateMetrics() {
  MeasureLag("clean", stream::kCleanGroup, {topics_.raw});
  MeasureLag("map", stream::kMapGroup, {topics_.clean});
  std::vector<stream::TopicId> mapped;
  const std::vector<SinkFeed*> feeds = Feeds();
  for (const SinkFeed* const feed : feeds) mapped.push_back(feed->topic());
  MeasureLag("load", stream::kLoadGroup, mapped);
  registry_.MakeGauge(kSinksFailing, {""})
      .Set(static_cast<double>(std::count_if(
          feeds.begin(), feeds.end(), [](const SinkFeed* feed) { return !feed->health().ok(); })));
  registry_.MakeGauge(kRocksdbSize).Set(static_cast<double>(log_->SizeBytes()));
}

}  // namespace sluice::cli
