// The metrics of the stages, and what several parts of the program tell; docs/metrics.md says what
// each means.
#pragma once

#include <array>
#include <memory>
#include <string>

#include "common/base/clock.h"
#include "common/pipeline/stage_runner.h"
#include "common/telemetry/metrics.h"

namespace sluice::cli {

// Of one stage: series are resolved once, and touched once a batch. Thread-safe.
class StageMetrics : public pipeline::RunnerObserver {
 public:
  // Of the stage's work for this sink; empty: for all.
  StageMetrics(telemetry::Registry& registry, const base::Clock& clock, const std::string& stage,
               const std::string& sink = "");
  void OnBatch(const pipeline::BatchReport& report) override;
  // A step failed: nothing of it has happened.
  void OnError() { errors_.Add(); }
  // Records written for the stage that it has not yet read, and the age of the oldest.
  void SetLag(uint64_t records, absl::Duration age);

 private:
  const base::Clock& clock_;
  telemetry::Counter records_in_;
  telemetry::Counter records_out_;
  telemetry::Counter errors_;
  std::array<telemetry::Counter, pipeline::recordpb::Outcome_ARRAYSIZE> outcomes_;
  telemetry::Histogram duration_;
  telemetry::Histogram batch_records_;
  telemetry::Gauge last_success_;
  telemetry::Gauge lag_records_;
  telemetry::Gauge lag_seconds_;
};

extern const telemetry::FamilySpec kPartitions;
extern const telemetry::FamilySpec kSinksFailing;
extern const telemetry::FamilySpec kRocksdbSize;

}  // namespace sluice::cli
