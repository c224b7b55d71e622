// The metrics of the stages; docs/metrics.md says what each means.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <string>

#include "common/base/clock.h"
#include "common/pipeline/stage_runner.h"
#include "common/telemetry/metrics.h"

namespace sluice::cli {

// Of one stage: series are resolved once, and touched once a batch. Thread-safe.
class StageMetrics : public pipeline::RunnerObserver {
 public:
  StageMetrics(telemetry::Registry& registry, const base::Clock& clock, const std::string& stage);
  void OnBatch(const pipeline::BatchReport& report) override;
  // Records written for the stage that it has not yet read. Called when metrics are read.
  void SetLag(uint64_t records);

 private:
  const base::Clock& clock_;
  telemetry::Counter records_in_;
  telemetry::Counter records_out_;
  std::array<telemetry::Counter, pipeline::recordpb::Outcome_ARRAYSIZE> outcomes_;
  telemetry::Histogram duration_;
  telemetry::Histogram batch_records_;
  telemetry::Gauge last_success_;
  telemetry::Gauge lag_records_;
  telemetry::Gauge lag_seconds_;
  // When the stage last had nothing left to read; monotonic.
  std::atomic<int64_t> caught_up_at_nanos_;
};

}  // namespace sluice::cli
