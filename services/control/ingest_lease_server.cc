#include "control/ingest_lease_server.h"

#include "common/rpc/status.h"

namespace sluice::control {

grpc::Status IngestLeaseServer::GetInstallation(grpc::ServerContext*,
                                                const controlpb::GetInstallationRequest*,
                                                controlpb::GetInstallationResponse* response) {
  const auto installation = store_.GetInstallation();
  if (!installation.ok()) return rpc::ToGrpc(installation.status());
  if (installation->log_id.empty()) {
    return rpc::ToGrpc(absl::UnavailableError("control does not know its log yet"));
  }
  response->set_hash_key(installation->hash_key.data(), installation->hash_key.size());
  response->set_log_id(installation->log_id);
  return grpc::Status::OK;
}

grpc::Status IngestLeaseServer::RenewLeases(grpc::ServerContext*,
                                            const controlpb::RenewLeasesRequest* request,
                                            controlpb::RenewLeasesResponse* response) {
  if (request->instance().empty()) {
    return rpc::ToGrpc(absl::InvalidArgumentError("a lease needs an instance"));
  }
  auto renewed = store_.RenewLeases(*request, lease_);
  if (!renewed.ok()) return rpc::ToGrpc(renewed.status());
  *response = *std::move(renewed);
  return grpc::Status::OK;
}

grpc::Status IngestLeaseServer::ReleaseLeases(grpc::ServerContext*,
                                              const controlpb::ReleaseLeasesRequest* request,
                                              controlpb::ReleaseLeasesResponse*) {
  return rpc::ToGrpc(store_.ReleaseLeases(*request));
}

}  // namespace sluice::control
