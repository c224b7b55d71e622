#include "cli/control_view.h"

#include <filesystem>

#include "cli/kafka_setup.h"
#include "cli/remote_control.h"
#include "common/base/status.h"
#include "common/uploads/upload_store.h"
#include "control/sqlite_control_store.h"

namespace sluice::cli {
namespace {

class LocalControl : public ControlView {
 public:
  LocalControl(std::unique_ptr<control::SqliteControlStore> store, const std::string& uploads)
      : store_(std::move(store)), uploads_(uploads) {}

  absl::StatusOr<std::vector<control::ImportRecord>> ListImports() override {
    return store_->ListImports();
  }
  absl::StatusOr<control::ImportRecord> FindImport(const std::string& given) override {
    SLUICE_ASSIGN_OR_RETURN(const std::string id, store_->ResolveId(given));
    return store_->GetImport(id);
  }
  absl::Status VisitResults(const std::string& id,
                            const control::ControlStore::ResultVisitor& visit) override {
    return store_->VisitResults(id, visit);
  }
  absl::StatusOr<std::unique_ptr<base::ByteSource>> OpenUpload(const std::string& sha256) override {
    return uploads_.Open(sha256);
  }

 private:
  const std::unique_ptr<control::SqliteControlStore> store_;
  const uploads::UploadStore uploads_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<ControlView>> OpenControlView(CommandContext& context,
                                                             const config::LoadedSettings& loaded) {
  SLUICE_ASSIGN_OR_RETURN(const rpc::Peer server, context.Server(loaded));
  if (!server.address.empty()) return std::make_unique<RemoteControl>(server);
  database::SqliteOptions options;
  options.path = loaded.settings.data_dir + "/control.db";
  options.read_only = true;
  std::error_code ignored;
  if (!std::filesystem::exists(options.path, ignored)) return nullptr;
  auto store = control::SqliteControlStore::Open(options, context.clock, context.random);
  if (absl::IsNotFound(store.status())) return nullptr;
  SLUICE_RETURN_IF_ERROR(store.status());
  return std::make_unique<LocalControl>(*std::move(store), UploadsOf(loaded.settings));
}

ExitCode CodeOfOpening(const absl::Status& status) {
  return absl::IsInvalidArgument(status) ? kUsage : kUnreachable;
}

ExitCode CodeOfView(const absl::Status& status) {
  const bool away = absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status);
  const bool refused = absl::IsUnauthenticated(status) || absl::IsPermissionDenied(status);
  return away || refused ? kUnreachable : kFailed;
}

}  // namespace sluice::cli
