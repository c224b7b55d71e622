// The lag of a process's parts, measured on a thread of its own every two seconds: no runner waits
// for the brokers' answers.
#pragma once

#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "cli/service_part.h"
#include "cli/worker.h"
#include "common/kafka/lag_reader.h"

namespace sluice::cli {

// What is passed by reference outlives it; ends with the context's stop signal.
class LagMeter {
 public:
  LagMeter(ServiceContext& context, std::vector<ServicePart*> parts);

 private:
  absl::StatusOr<pipeline::StepResult> Step();
  absl::Status Measure(ServicePart& part);

  ServiceContext& context_;
  const std::vector<ServicePart*> parts_;
  kafka::KafkaObserver quiet_;
  std::unique_ptr<kafka::LagReader> reader_;
  // As last measured: what is not read grows older also while nobody answers.
  std::map<ServicePart*, kafka::Lag> measured_;
  // Last: its thread uses the rest.
  std::unique_ptr<Worker> worker_;
};

}  // namespace sluice::cli
