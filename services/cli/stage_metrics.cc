#include "cli/stage_metrics.h"

#include <algorithm>

namespace sluice::cli {
namespace {

using telemetry::FamilySpec;

const FamilySpec kRecordsIn{
    "sluice_records_in_total", "Records a stage has taken in.", {"stage"}, {}};
const FamilySpec kRecordsOut{
    "sluice_records_out_total", "Records a stage has passed on.", {"stage"}, {}};
const FamilySpec kLastSuccess{
    "sluice_last_success_timestamp_seconds", "When a stage last committed a batch.", {"stage"}, {}};
const FamilySpec kLagRecords{"sluice_lag_records",
                             "Records written for a stage that it has not yet committed.",
                             {"stage"},
                             {}};
const FamilySpec kLagSeconds{
    "sluice_lag_seconds", "Seconds since a stage last had nothing left to do.", {"stage"}, {}};
const FamilySpec kOutcomes{"sluice_outcomes_total",
                           "Rows a stage has given an outcome. A later row of the same file may "
                           "move one, which this does not show.",
                           {"stage", "outcome"},
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

StageMetrics::StageMetrics(telemetry::Registry& registry, const base::Clock& clock,
                           const std::string& stage)
    : clock_(clock),
      records_in_(registry.MakeCounter(kRecordsIn, {stage})),
      records_out_(registry.MakeCounter(kRecordsOut, {stage})),
      duration_(registry.MakeHistogram({"sluice_batch_duration_seconds",
                                        "Time a stage took for a batch, commit included.",
                                        {"stage"},
                                        telemetry::DurationBuckets()},
                                       {stage})),
      batch_records_(registry.MakeHistogram(
          {"sluice_batch_records", "Records in a batch.", {"stage"}, telemetry::CountBuckets()},
          {stage})),
      last_success_(registry.MakeGauge(kLastSuccess, {stage})),
      lag_records_(registry.MakeGauge(kLagRecords, {stage})),
      lag_seconds_(registry.MakeGauge(kLagSeconds, {stage})),
      caught_up_at_nanos_(clock.MonotonicNanos()) {
  for (int i = 1; i < pipeline::recordpb::Outcome_ARRAYSIZE; ++i) {
    outcomes_[i] = registry.MakeCounter(kOutcomes, {stage, OutcomeName(i)});
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

void StageMetrics::SetLag(uint64_t records) {
  lag_records_.Set(static_cast<double>(records));
  const int64_t now = clock_.MonotonicNanos();
  if (records == 0) caught_up_at_nanos_ = now;
  lag_seconds_.Set(static_cast<double>(now - caught_up_at_nanos_) / 1e9);
}

}  // namespace sluice::cli
