// ProfileService: saved mappings, for the command line and other programs.
#pragma once

#include "control/profile_book.h"
#include "sluice/control/v1/profile_service.grpc.pb.h"

namespace sluice::control {

// Thread-safe. The store outlives it.
class ProfileServer : public controlpb::ProfileService::Service {
 public:
  explicit ProfileServer(ControlStore& store) : book_(store) {}

  grpc::Status SaveProfile(grpc::ServerContext* context,
                           const controlpb::SaveProfileRequest* request,
                           controlpb::SaveProfileResponse* response) override;
  grpc::Status ListProfiles(grpc::ServerContext* context,
                            const controlpb::ListProfilesRequest* request,
                            controlpb::ListProfilesResponse* response) override;
  grpc::Status GetProfile(grpc::ServerContext* context, const controlpb::GetProfileRequest* request,
                          controlpb::GetProfileResponse* response) override;
  grpc::Status DeleteProfile(grpc::ServerContext* context,
                             const controlpb::DeleteProfileRequest* request,
                             controlpb::DeleteProfileResponse* response) override;
  grpc::Status MatchProfiles(grpc::ServerContext* context,
                             const controlpb::MatchProfilesRequest* request,
                             controlpb::MatchProfilesResponse* response) override;

 private:
  ProfileBook book_;
};

}  // namespace sluice::control
