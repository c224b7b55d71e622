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

const absl::Status& StatusOf(const absl::Status& status) {
  return status;
}
template <typename T>
const absl::Status& StatusOf(const absl::StatusOr<T>& result) {
  return result.status();
}

// The `serve` that holds the data directory, and the directory itself once that is going.
class OwnControl : public ControlView {
 public:
  using OpenLocal = std::function<absl::StatusOr<std::unique_ptr<ControlView>>()>;

  OwnControl(const rpc::Peer& server, OpenLocal open_local)
      : remote_(server), open_local_(std::move(open_local)) {}

  absl::StatusOr<std::vector<control::ImportRecord>> ListImports() override {
    return Ask([](ControlView& view) { return view.ListImports(); });
  }
  absl::StatusOr<control::ImportRecord> FindImport(const std::string& given) override {
    return Ask([&](ControlView& view) { return view.FindImport(given); });
  }
  absl::Status VisitResults(const std::string& id,
                            const control::ControlStore::ResultVisitor& visit) override {
    // Collected first: an answer that breaks off is begun anew.
    std::vector<control::recordpb::StageResult> results;
    SLUICE_RETURN_IF_ERROR(Ask([&](ControlView& view) {
      results.clear();
      return view.VisitResults(id, [&](const control::recordpb::StageResult& result) {
        results.push_back(result);
        return absl::OkStatus();
      });
    }));
    for (const auto& result : results) SLUICE_RETURN_IF_ERROR(visit(result));
    return absl::OkStatus();
  }
  absl::StatusOr<std::unique_ptr<base::ByteSource>> OpenUpload(const std::string& sha256) override {
    return Ask([&](ControlView& view) { return view.OpenUpload(sha256); });
  }

 private:
  template <typename Question>
  auto Ask(const Question& question) -> decltype(question(std::declval<ControlView&>())) {
    if (local_ == nullptr) {
      auto answer = question(remote_);
      if (!absl::IsUnavailable(StatusOf(answer))) return answer;
      auto local = open_local_();
      if (!local.ok() || *local == nullptr) return answer;
      local_ = *std::move(local);
    }
    return question(*local_);
  }

  RemoteControl remote_;
  const OpenLocal open_local_;
  std::unique_ptr<ControlView> local_;
};

// Null when there is no database yet.
absl::StatusOr<std::unique_ptr<ControlView>> OpenLocalView(CommandContext& context,
                                                           const config::Settings& settings) {
  database::SqliteOptions options;
  options.path = settings.data_dir + "/control.db";
  options.read_only = true;
  std::error_code ignored;
  if (!std::filesystem::exists(options.path, ignored)) return nullptr;
  auto store = control::SqliteControlStore::Open(options, context.clock, context.random);
  if (absl::IsNotFound(store.status())) return nullptr;
  SLUICE_RETURN_IF_ERROR(store.status());
  return std::make_unique<LocalControl>(*std::move(store), UploadsOf(settings));
}

}  // namespace

absl::StatusOr<std::unique_ptr<ControlView>> OpenControlView(CommandContext& context,
                                                             const config::LoadedSettings& loaded) {
  SLUICE_ASSIGN_OR_RETURN(const rpc::Peer server, context.Server(loaded));
  const auto open_local = [&context, settings = loaded.settings] {
    return OpenLocalView(context, settings);
  };
  if (server.address.empty()) return open_local();
  if (context.IsOwn(server)) return std::make_unique<OwnControl>(server, open_local);
  return std::make_unique<RemoteControl>(server);
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
