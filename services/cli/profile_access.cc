#include "cli/profile_access.h"

#include <optional>

#include "cli/control_view.h"
#include "cli/data_directory.h"
#include "common/base/status.h"
#include "common/rpc/call.h"
#include "control/sqlite_control_store.h"
#include "sluice/control/v1/profile_service.grpc.pb.h"

namespace sluice::cli {
namespace {

namespace controlpb = control::controlpb;

class LocalProfiles : public ProfileAccess {
 public:
  LocalProfiles(std::unique_ptr<DataDirectory> directory,
                std::unique_ptr<control::ControlStore> store)
      : directory_(std::move(directory)), store_(std::move(store)), book_(*store_) {}

  absl::StatusOr<controlpb::Profile> Save(const controlpb::SaveProfileRequest& request) override {
    return book_.Save(request);
  }
  absl::StatusOr<std::vector<controlpb::Profile>> List() override { return book_.List(); }
  absl::StatusOr<control::FoundProfile> Get(const std::string& name, uint32_t version) override {
    return book_.Get(name, version);
  }
  absl::Status Delete(const std::string& name) override { return book_.Delete(name); }
  absl::StatusOr<std::vector<controlpb::ProfileMatch>> Match(
      const std::vector<std::string>& columns) override {
    return book_.Match(columns);
  }

 private:
  // Null when the database is only looked at.
  const std::unique_ptr<DataDirectory> directory_;
  const std::unique_ptr<control::ControlStore> store_;
  control::ProfileBook book_;
};

class RemoteProfiles : public ProfileAccess {
 public:
  explicit RemoteProfiles(const rpc::Peer& peer)
      : peer_(peer), stub_(controlpb::ProfileService::NewStub(rpc::OpenChannel(peer))) {}

  absl::StatusOr<controlpb::Profile> Save(const controlpb::SaveProfileRequest& request) override {
    // The same again would make another version.
    rpc::CallOptions once;
    once.patience = absl::ZeroDuration();
    controlpb::SaveProfileResponse response;
    SLUICE_RETURN_IF_ERROR(rpc::Call(peer_, once, [&](grpc::ClientContext& context) {
      return stub_->SaveProfile(&context, request, &response);
    }));
    return response.profile();
  }
  absl::StatusOr<std::vector<controlpb::Profile>> List() override {
    controlpb::ListProfilesResponse response;
    SLUICE_RETURN_IF_ERROR(rpc::Call(peer_, {}, [&](grpc::ClientContext& context) {
      return stub_->ListProfiles(&context, {}, &response);
    }));
    return std::vector<controlpb::Profile>(response.profiles().begin(), response.profiles().end());
  }
  absl::StatusOr<control::FoundProfile> Get(const std::string& name, uint32_t version) override {
    controlpb::GetProfileRequest request;
    request.set_name(name);
    request.set_version(version);
    controlpb::GetProfileResponse response;
    SLUICE_RETURN_IF_ERROR(rpc::Call(peer_, {}, [&](grpc::ClientContext& context) {
      return stub_->GetProfile(&context, request, &response);
    }));
    return control::FoundProfile{response.profile(),
                                 {response.versions().begin(), response.versions().end()}};
  }
  absl::Status Delete(const std::string& name) override {
    controlpb::DeleteProfileRequest request;
    request.set_name(name);
    controlpb::DeleteProfileResponse response;
    return rpc::Call(peer_, {}, [&](grpc::ClientContext& context) {
      return stub_->DeleteProfile(&context, request, &response);
    });
  }
  absl::StatusOr<std::vector<controlpb::ProfileMatch>> Match(
      const std::vector<std::string>& columns) override {
    controlpb::MatchProfilesRequest request;
    for (const std::string& column : columns) request.add_columns(column);
    controlpb::MatchProfilesResponse response;
    SLUICE_RETURN_IF_ERROR(rpc::Call(peer_, {}, [&](grpc::ClientContext& context) {
      return stub_->MatchProfiles(&context, request, &response);
    }));
    return std::vector<controlpb::ProfileMatch>(response.matches().begin(),
                                                response.matches().end());
  }

 private:
  const rpc::Peer peer_;
  const std::unique_ptr<controlpb::ProfileService::Stub> stub_;
};

// Of a data directory that has no database yet.
class NoProfiles : public ProfileAccess {
 public:
  absl::StatusOr<controlpb::Profile> Save(const controlpb::SaveProfileRequest&) override {
    return absl::InternalError("profiles are only looked at");
  }
  absl::StatusOr<std::vector<controlpb::Profile>> List() override {
    return std::vector<controlpb::Profile>();
  }
  absl::StatusOr<control::FoundProfile> Get(const std::string& name, uint32_t) override {
    return absl::NotFoundError("there is no profile '" + name +
                               "'; there is none yet: `sluice profile save NAME MAPPING.yaml` "
                               "makes one");
  }
  absl::Status Delete(const std::string& name) override { return Get(name, 0).status(); }
  absl::StatusOr<std::vector<controlpb::ProfileMatch>> Match(
      const std::vector<std::string>&) override {
    return std::vector<controlpb::ProfileMatch>();
  }
};

absl::StatusOr<std::unique_ptr<ProfileAccess>> OpenHere(CommandContext& context,
                                                        const config::Settings& settings,
                                                        bool writes) {
  if (!writes) {
    SLUICE_ASSIGN_OR_RETURN(auto store, OpenLocalStore(context, settings));
    if (store == nullptr) return std::make_unique<NoProfiles>();
    return std::make_unique<LocalProfiles>(nullptr, std::move(store));
  }
  SLUICE_ASSIGN_OR_RETURN(auto directory, DataDirectory::Lock(settings.data_dir));
  database::SqliteOptions options;
  options.path = directory->control();
  SLUICE_ASSIGN_OR_RETURN(
      auto store, control::SqliteControlStore::Open(options, context.clock, context.random));
  return std::make_unique<LocalProfiles>(std::move(directory), std::move(store));
}

}  // namespace

absl::StatusOr<std::unique_ptr<ProfileAccess>> OpenProfiles(CommandContext& context,
                                                            const config::LoadedSettings& loaded,
                                                            bool writes) {
  SLUICE_ASSIGN_OR_RETURN(const rpc::Peer server, context.Server(loaded));
  if (server.address.empty()) return OpenHere(context, loaded.settings, writes);
  return std::make_unique<RemoteProfiles>(server);
}

std::vector<controlpb::ProfileMatch> FittingProfiles(CommandContext& context,
                                                     const config::LoadedSettings& loaded,
                                                     const std::vector<std::string>& columns) {
  const auto profiles = OpenProfiles(context, loaded, false);
  if (!profiles.ok()) return {};
  auto matches = (*profiles)->Match(columns);
  return matches.ok() ? *std::move(matches) : std::vector<controlpb::ProfileMatch>();
}

}  // namespace sluice::cli
