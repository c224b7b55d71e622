#include "cli/stage_metrics.h"

#include <algorithm>

namespace sluice::cli {
namespace {

using telemetry::FamilySpec;

const FamilySpec kRecordsIn{
    "sluice_records_in_total", "Records a stage has taken in.", {"stage", "sink"}, {}};
const FamilySpec kRecordsOut{
    "sluice_records_out_total", "Records a stage has passed on.", {"stage", "sink"}, {}};
const FamilySpec kLastSuccess{"sluice_last_success_timestamp_seconds",
                              "When a stage last committed a batch.",
                              {"stage", "sink"},
                              {}};
const FamilySpec kLagRecords{"sluice_lag_records",
                             "Records written for a stage that it has not yet committed.",
                             {"stage", "sink"},
                             {}};
const FamilySpec kLagSeconds{"sluice_lag_seconds",
                             "Age of the oldest record written for a stage that it has not yet "
                             "committed.",
                             {"stage", "sink"},
                             {}};
const FamilySpec kErrors{"sluice_step_errors_total",
                         "Steps of a stage that failed; what may pass is tried again.",
                         {"stage", "sink"},
                         {}};
const FamilySpec kOutcomes{"sluice_outcomes_total",
                           "Rows a stage has given an outcome. A later row of the same file may "
                           "move one, which this does not show.",
                           {"stage", "sink", "outcome"},
                           {}};

std::string OutcomeName(int outcome) {
  std::string name =
      pipeline::recordpb::Outcome_Name(static_cast<pipeline::recordpb::Outcome>(outcome));
  name.erase(0, std::string("OUTCOME_").size());
  std::transform(name.begin(), name.end(), name.begin(),
                 [](char c) { return static_cast<char>(c - 'A' + 'a'); });
  return name;
}

}  // namespace

const FamilySpec kPartitions{"sluice_partitions", "Partitions of every topic.", {}, {}};
const FamilySpec kSinksFailing{"sluice_sinks_failing", "Sinks that are not fed.", {"sink"}, {}};
const FamilySpec kRocksdbSize{
    "sluice_rocksdb_size_bytes", "Size of the log and the state on disk and in memory.", {}, {}};

StageMetrics::StageMetrics(telemetry::Registry& registry, const base::Clock& clock,
                           const std::string& stage, const std::string& sink)
    : clock_(clock),
      records_in_(registry.MakeCounter(kRecordsIn, {stage, sink})),
      records_out_(registry.MakeCounter(kRecordsOut, {stage, sink})),
      errors_(registry.MakeCounter(kErrors, {stage, sink})),
      duration_(registry.MakeHistogram({"sluice_batch_duration_seconds",
                                        "Time a stage took for a batch, commit included.",
                                        {"stage", "sink"},
                                        telemetry::DurationBuckets()},
                                       {stage, sink})),
      batch_records_(registry.MakeHistogram({"sluice_batch_records",
                                             "Records in a batch.",
                                             {"stage", "sink"},
                                             telemetry::CountBuckets()},
                                            {stage, sink})),
      last_success_(registry.MakeGauge(kLastSuccess, {stage, sink})),
      lag_records_(registry.MakeGauge(kLagRecords, {stage, sink})),
      lag_seconds_(registry.MakeGauge(kLagSeconds, {stage, sink})) {
  for (int i = 1; i < pipeline::recordpb::Outcome_ARRAYSIZE; ++i) {
    outcomes_[i] = registry.MakeCounter(kOutcomes, {stage, sink, OutcomeName(i)});
  }
}

void StageMetrics::OnBatch(const pipeline::BatchReport& report) {
  records_in_.Add(static_cast<double>(report.records_in));
  records_out_.Add(static_cast<double>(report.records_out));
  for (size_t i = 1; i < outcomes_.size(); ++i) {
    outcomes_[i].Add(static_cast<double>(report.outcomes[i]));
  }
  duration_.Observe(static_cast<double>(report.duration_nanos) / 1e9);
  batch_records_.Observe(static_cast<double>(report.records_in));
  last_success_.Set(absl::ToDoubleSeconds(clock_.Now() - absl::UnixEpoch()));
}

void StageMetrics::SetLag(uint64_t records, absl::Duration age) {
  lag_records_.Set(static_cast<double>(records));
  lag_seconds_.Set(absl::ToDoubleSeconds(age));
}

}  // namespace sluice::cli
