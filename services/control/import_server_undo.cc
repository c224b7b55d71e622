// Rollbacks and redos of ImportServer.
#include <fmt/format.h>

#include "common/base/status.h"
#include "common/rpc/status.h"
#include "control/import_server.h"
#include "control/journal_window.h"

namespace sluice::control {
namespace {

absl::StatusOr<UndoWish> UndoWishOf(const controlpb::RollbackImportRequest& request) {
  if (request.added_only() && request.updated_only()) {
    return absl::InvalidArgumentError("only added and only updated rows are no rows");
  }
  if (request.rows_size() > kUndoRowsMax) {
    return absl::InvalidArgumentError(
        fmt::format("more than {} rows: leave the rows out to take all back", kUndoRowsMax));
  }
  UndoWish wish;
  wish.rows.assign(request.rows().begin(), request.rows().end());
  wish.added_only = request.added_only();
  wish.updated_only = request.updated_only();
  return wish;
}

}  // namespace

grpc::Status ImportServer::PreviewRollback(grpc::ServerContext*,
                                           const controlpb::PreviewRollbackRequest* request,
                                           controlpb::PreviewRollbackResponse* response) {
  if (options_.previewer == nullptr) {
    return {grpc::StatusCode::UNIMPLEMENTED, "this control makes no previews"};
  }
  const auto id = store_.ResolveId(request->rollback().id());
  if (!id.ok()) return rpc::ToGrpc(id.status());
  const auto wish = UndoWishOf(request->rollback());
  if (!wish.ok()) return rpc::ToGrpc(wish.status());
  const auto import = store_.GetImport(*id);
  if (!import.ok()) return rpc::ToGrpc(import.status());
  const auto window = store_.ReadWindow();
  if (!window.ok()) return rpc::ToGrpc(window.status());
  if (const absl::Status kept = CheckKept(*window, *import); !kept.ok()) return rpc::ToGrpc(kept);
  auto preview = options_.previewer->PreviewRollback(*import, *wish);
  if (!preview.ok()) return rpc::ToGrpc(preview.status());
  *response = *std::move(preview);
  return grpc::Status::OK;
}

grpc::Status ImportServer::RollbackImport(grpc::ServerContext*,
                                          const controlpb::RollbackImportRequest* request,
                                          controlpb::RollbackImportResponse* response) {
  const auto id = store_.ResolveId(request->id());
  if (!id.ok()) return rpc::ToGrpc(id.status());
  const auto wish = UndoWishOf(*request);
  if (!wish.ok()) return rpc::ToGrpc(wish.status());
  const auto import = store_.BeginRollback(*id, *wish);
  if (!import.ok()) return rpc::ToGrpc(import.status());
  changes_.Changed();
  if (options_.on_changed) options_.on_changed();
  *response->mutable_import() = MessageOf(*import);
  return grpc::Status::OK;
}

grpc::Status ImportServer::RedoImport(grpc::ServerContext*,
                                      const controlpb::RedoImportRequest* request,
                                      controlpb::RedoImportResponse* response) {
  const auto id = store_.ResolveId(request->id());
  if (!id.ok()) return rpc::ToGrpc(id.status());
  const auto import = store_.BeginRedo(*id, starter_.NewId());
  if (!import.ok()) return rpc::ToGrpc(import.status());
  changes_.Changed();
  if (options_.on_changed) options_.on_changed();
  *response->mutable_import() = MessageOf(*import);
  return grpc::Status::OK;
}

}  // namespace sluice::control
