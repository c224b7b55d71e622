// The side of IngestLeaseService that asks.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/rpc/call.h"
#include "control/control_store.h"
#include "sluice/control/v1/ingest_lease_service.grpc.pb.h"

namespace sluice::cli {

// Thread-safe. Unavailable, soon, when control does not answer, or answers that this process shows
// it no token it takes: somebody mends that while this waits.
class LeaseClient {
 public:
  // The peer is for messages.
  LeaseClient(rpc::Peer peer, const std::shared_ptr<grpc::Channel>& channel);

  absl::StatusOr<control::Installation> GetInstallation();
  absl::StatusOr<control::controlpb::RenewLeasesResponse> Renew(
      const control::controlpb::RenewLeasesRequest& request);
  // A new import for what is pushed, held by the instance; its id. The codes are those of
  // import_service.proto.
  absl::StatusOr<std::string> OpenPush(const std::string& instance,
                                       const ::sluice::ingest::v1::PushTarget& target);
  absl::Status Release(const control::controlpb::ReleaseLeasesRequest& request);

 private:
  absl::Status Ask(const rpc::Attempt& attempt) const;

  const rpc::Peer peer_;
  const std::unique_ptr<control::controlpb::IngestLeaseService::Stub> stub_;
};

}  // namespace sluice::cli
