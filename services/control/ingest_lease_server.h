// IngestLeaseService: what the other services ask control for.
#pragma once

#include "common/base/clock.h"
#include "control/control_store.h"
#include "control/import_server.h"
#include "control/lease_book.h"
#include "sluice/control/v1/ingest_lease_service.grpc.pb.h"

namespace sluice::control {

// Thread-safe. What is passed outlives it.
class IngestLeaseServer : public controlpb::IngestLeaseService::Service {
 public:
  IngestLeaseServer(ControlStore& store, LeaseBook& leases, ImportServer& imports,
                    const base::Clock& clock)
      : store_(store), leases_(leases), imports_(imports), clock_(clock) {}

  grpc::Status GetInstallation(grpc::ServerContext* context,
                               const controlpb::GetInstallationRequest* request,
                               controlpb::GetInstallationResponse* response) override;
  grpc::Status RenewLeases(grpc::ServerContext* context,
                           const controlpb::RenewLeasesRequest* request,
                           controlpb::RenewLeasesResponse* response) override;
  grpc::Status OpenPush(grpc::ServerContext* context, const controlpb::OpenPushRequest* request,
                        controlpb::OpenPushResponse* response) override;
  grpc::Status ReleaseLeases(grpc::ServerContext* context,
                             const controlpb::ReleaseLeasesRequest* request,
                             controlpb::ReleaseLeasesResponse* response) override;

 private:
  ControlStore& store_;
  LeaseBook& leases_;
  ImportServer& imports_;
  const base::Clock& clock_;
};

}  // namespace sluice::control
