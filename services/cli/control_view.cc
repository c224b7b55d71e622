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
  LocalControl(std::unique_ptr<control::ControlStore> store, const std::string& uploads)
      : store_(std::move(store)), uploads_(uploads) {}

  absl::Status VisitImports(const control::ImportVisitor& visit) override {
    return store_->VisitImports(visit);
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
  const std::unique_ptr<control::ControlStore> store_;
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

  absl::Status VisitImports(const control::ImportVisitor& visit) override {
    // Newest first: an answer that breaks off goes on behind the last that was told.
    uint64_t last = UINT64_MAX;
    return Visit<control::ImportRecord>(
        visit, [](ControlView& view, const auto& told) { return view.VisitImports(told); },
        [&last](const control::ImportRecord& import) {
          if (import.sequence >= last) return false;
          last = import.sequence;
          return true;
        });
  }
  absl::StatusOr<control::ImportRecord> FindImport(const std::string& given) override {
    return Ask([&](ControlView& view) { return view.FindImport(given); });
  }
  absl::Status VisitResults(const std::string& id,
                            const control::ControlStore::ResultVisitor& visit) override {
    // In the order they came, which stays: what was told is passed over when it is begun anew.
    size_t told = 0;
    size_t at = 0;
    return Visit<control::recordpb::StageResult>(
        visit,
        [&](ControlView& view, const auto& tell) {
          at = 0;
          return view.VisitResults(id, tell);
        },
        [&](const control::recordpb::StageResult&) {
          if (at++ < told) return false;
          ++told;
          return true;
        });
  }
  absl::StatusOr<std::unique_ptr<base::ByteSource>> OpenUpload(const std::string& sha256) override {
    return Ask([&](ControlView& view) { return view.OpenUpload(sha256); });
  }

 private:
  // Asks for things one by one and tells those that are `fresh`. Nothing is kept in between: an
  // import may have millions of issues.
  template <typename Thing, typename Question, typename IsFresh>
  absl::Status Visit(const std::function<absl::Status(const Thing&)>& visit,
                     const Question& question, const IsFresh& fresh) {
    // What the visitor says is no answer of the server's.
    absl::Status refused;
    const absl::Status asked = Ask([&](ControlView& view) {
      return question(view, [&](const Thing& thing) -> absl::Status {
        if (!fresh(thing)) return absl::OkStatus();
        refused = visit(thing);
        return refused.ok() ? refused : absl::CancelledError("no more is wanted");
      });
    });
    return refused.ok() ? asked : refused;
  }

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
  SLUICE_ASSIGN_OR_RETURN(auto store, OpenLocalStore(context, settings));
  if (store == nullptr) return nullptr;
  return std::make_unique<LocalControl>(std::move(store), UploadsOf(settings));
}

}  // namespace

absl::StatusOr<std::unique_ptr<control::ControlStore>> OpenLocalStore(
    CommandContext& context, const config::Settings& settings) {
  database::SqliteOptions options;
  options.path = settings.data_dir + "/control.db";
  options.read_only = true;
  std::error_code ignored;
  if (!std::filesystem::exists(options.path, ignored)) return nullptr;
  auto store = control::SqliteControlStore::Open(options, context.clock, context.random);
  if (absl::IsNotFound(store.status())) return nullptr;
  SLUICE_RETURN_IF_ERROR(store.status());
  return std::unique_ptr<control::ControlStore>(*std::move(store));
}

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
