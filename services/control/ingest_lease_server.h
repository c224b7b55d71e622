// IngestLeaseService: what the other services ask control for.
#pragma once

#include "control/control_store.h"
#include "sluice/control/v1/ingest_lease_service.grpc.pb.h"

namespace sluice::control {

// Thread-safe. What is passed outlives it.
class IngestLeaseServer : public controlpb::IngestLeaseService::Service {
 public:
  // `lease` is how long an import stays with an ingest that says nothing.
  IngestLeaseServer(ControlStore& store, absl::Duration lease) : store_(store), lease_(lease) {}

  grpc::Status GetInstallation(grpc::ServerContext* context,
                               const controlpb::GetInstallationRequest* request,
                               controlpb::GetInstallationResponse* response) override;
  grpc::Status RenewLeases(grpc::ServerContext* context,
                           const controlpb::RenewLeasesRequest* request,
                           controlpb::RenewLeasesResponse* response) override;
  grpc::Status ReleaseLeases(grpc::ServerContext* context,
                             const controlpb::ReleaseLeasesRequest* request,
                             controlpb::ReleaseLeasesResponse* response) override;

 private:
  ControlStore& store_;
  const absl::Duration lease_;
};

}  // namespace sluice::control
