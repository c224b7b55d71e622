// The parts of the services over Kafka, one file a target.
#pragma once

#include <memory>
#include <vector>

#include "cli/service_part.h"
#include "cli/sink_address.h"
#include "common/rpc/call.h"
#include "control/change_signal.h"
#include "control/control_store.h"

namespace sluice::cli {

// Reads `sluice.raw.v1`; its claims are in the changelog and below `<data_dir>/state`.
std::unique_ptr<ServicePart> MakeCleanService(ServiceContext& context);
std::unique_ptr<ServicePart> MakeMapService(ServiceContext& context);
// Feeds one sink. A failure for good ends the process: which sink it is, its message says.
std::unique_ptr<ServicePart> MakeLoadService(ServiceContext& context, const SinkAddress& sink);
// Reads the imports that control, which is asked through the channel, leases to it.
std::unique_ptr<ServicePart> MakeIngestService(ServiceContext& context,
                                               const std::shared_ptr<grpc::Channel>& control);
// Counts, completes and publishes. What is passed by reference outlives it.
class ControlService : public ServicePart {
 public:
  using ServicePart::ServicePart;
  // An import was created: its plan goes into the log with the next step. Thread-safe.
  virtual void OutboxChanged() = 0;
};
std::unique_ptr<ControlService> MakeControlService(ServiceContext& context,
                                                   control::ControlStore& store,
                                                   control::ChangeSignal& changes);

}  // namespace sluice::cli
