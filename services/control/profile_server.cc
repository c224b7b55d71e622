#include "control/profile_server.h"

#include "common/rpc/status.h"

namespace sluice::control {

grpc::Status ProfileServer::SaveProfile(grpc::ServerContext*,
                                        const controlpb::SaveProfileRequest* request,
                                        controlpb::SaveProfileResponse* response) {
  auto saved = book_.Save(*request);
  if (!saved.ok()) return rpc::ToGrpc(saved.status());
  *response->mutable_profile() = *std::move(saved);
  return grpc::Status::OK;
}

grpc::Status ProfileServer::ListProfiles(grpc::ServerContext*,
                                         const controlpb::ListProfilesRequest*,
                                         controlpb::ListProfilesResponse* response) {
  auto profiles = book_.List();
  if (!profiles.ok()) return rpc::ToGrpc(profiles.status());
  for (controlpb::Profile& profile : *profiles) {
    // The texts of all would be more than a message may have.
    profile.clear_mapping();
    *response->add_profiles() = std::move(profile);
  }
  return grpc::Status::OK;
}

grpc::Status ProfileServer::GetProfile(grpc::ServerContext*,
                                       const controlpb::GetProfileRequest* request,
                                       controlpb::GetProfileResponse* response) {
  auto found = book_.Get(request->name(), request->version());
  if (!found.ok()) return rpc::ToGrpc(found.status());
  *response->mutable_profile() = std::move(found->profile);
  for (const uint32_t version : found->versions) response->add_versions(version);
  return grpc::Status::OK;
}

grpc::Status ProfileServer::DeleteProfile(grpc::ServerContext*,
                                          const controlpb::DeleteProfileRequest* request,
                                          controlpb::DeleteProfileResponse*) {
  return rpc::ToGrpc(book_.Delete(request->name()));
}

grpc::Status ProfileServer::MatchProfiles(grpc::ServerContext*,
                                          const controlpb::MatchProfilesRequest* request,
                                          controlpb::MatchProfilesResponse* response) {
  auto matches = book_.Match({request->columns().begin(), request->columns().end()});
  if (!matches.ok()) return rpc::ToGrpc(matches.status());
  for (controlpb::ProfileMatch& match : *matches) {
    match.mutable_profile()->clear_mapping();
    *response->add_matches() = std::move(match);
  }
  return grpc::Status::OK;
}

}  // namespace sluice::control
