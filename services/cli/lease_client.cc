#include "cli/lease_client.h"

#include <fmt/format.h>

#include <cstring>

#include "common/base/status.h"
#include "common/rpc/call.h"

namespace sluice::cli {
namespace {

// Who calls tries again by itself, and tells what it waits for meanwhile.
const rpc::CallOptions kOnce{absl::Seconds(3), absl::ZeroDuration(), {}};

}  // namespace

LeaseClient::LeaseClient(rpc::Peer peer, const std::shared_ptr<grpc::Channel>& channel)
    : peer_(std::move(peer)), stub_(control::controlpb::IngestLeaseService::NewStub(channel)) {}

absl::Status LeaseClient::Ask(const rpc::Attempt& attempt) const {
  const absl::Status status = rpc::Call(peer_, kOnce, attempt);
  if (absl::IsDeadlineExceeded(status)) return absl::UnavailableError(status.message());
  if (!absl::IsUnauthenticated(status) && !absl::IsPermissionDenied(status)) return status;
  return absl::UnavailableError(
      fmt::format("control at {} refuses this process: {}", peer_.address, base::Message(status)));
}

absl::StatusOr<control::Installation> LeaseClient::GetInstallation() {
  control::controlpb::GetInstallationResponse response;
  SLUICE_RETURN_IF_ERROR(Ask([&](grpc::ClientContext& context) {
    return stub_->GetInstallation(&context, {}, &response);
  }));
  control::Installation installation;
  if (response.hash_key().size() != installation.hash_key.size()) {
    return absl::DataLossError("control's answer has no key");
  }
  std::memcpy(installation.hash_key.data(), response.hash_key().data(), response.hash_key().size());
  installation.log_id = response.log_id();
  return installation;
}

absl::StatusOr<control::controlpb::RenewLeasesResponse> LeaseClient::Renew(
    const control::controlpb::RenewLeasesRequest& request) {
  control::controlpb::RenewLeasesResponse response;
  SLUICE_RETURN_IF_ERROR(Ask([&](grpc::ClientContext& context) {
    return stub_->RenewLeases(&context, request, &response);
  }));
  return response;
}

absl::StatusOr<std::string> LeaseClient::OpenPush(const std::string& instance,
                                                  const ::sluice::ingest::v1::PushTarget& target) {
  control::controlpb::OpenPushRequest request;
  request.set_instance(instance);
  *request.mutable_target() = target;
  control::controlpb::OpenPushResponse response;
  SLUICE_RETURN_IF_ERROR(Ask(
      [&](grpc::ClientContext& context) { return stub_->OpenPush(&context, request, &response); }));
  return response.import_id();
}

absl::Status LeaseClient::Release(const control::controlpb::ReleaseLeasesRequest& request) {
  control::controlpb::ReleaseLeasesResponse response;
  return Ask([&](grpc::ClientContext& context) {
    return stub_->ReleaseLeases(&context, request, &response);
  });
}

}  // namespace sluice::cli
