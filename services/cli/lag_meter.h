// The lag of a process's parts, and whether the brokers answer, measured on a thread of its own
// every two seconds: no runner waits for the answers, and one that has nothing to do learns that
// nobody is there.
#pragma once

#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "cli/service_part.h"
#include "cli/worker.h"
#include "common/base/mutex.h"
#include "common/kafka/lag_reader.h"

namespace sluice::cli {

// What is passed by reference outlives it; ends with the context's stop signal.
class LagMeter {
 public:
  LagMeter(ServiceContext& context, std::vector<ServicePart*> parts);
  // Unavailable when the brokers have not answered for some seconds. Thread-safe.
  absl::Status health() const;

 private:
  absl::StatusOr<pipeline::StepResult> Step();
  absl::Status Open();
  absl::Status Ask();
  absl::Status Measure(ServicePart& part);

  ServiceContext& context_;
  const std::vector<ServicePart*> parts_;
  kafka::KafkaObserver quiet_;
  std::unique_ptr<kafka::LagReader> reader_;
  // As last measured: what is not read grows older also while nobody answers.
  std::map<ServicePart*, kafka::Lag> measured_;
  mutable base::Mutex mutex_;
  // Why the brokers did not answer the last time, and since when; 0 = they did.
  absl::Status silence_ ABSL_GUARDED_BY(mutex_);
  int64_t silent_since_nanos_ ABSL_GUARDED_BY(mutex_) = 0;
  // Last: its thread uses the rest.
  std::unique_ptr<Worker> worker_;
};

}  // namespace sluice::cli
