// Previews, and runs that are held to one, over ImportService.
#include "common/base/status.h"
#include "common/rpc/status.h"
#include "control/confirmation.h"
#include "control/import_messages.h"
#include "control/import_replay.h"
#include "control/import_server.h"
#include "control/wire_refusal.h"

namespace sluice::control {
namespace {

absl::Status NoPreviews() {
  return absl::UnimplementedError("this control makes no previews");
}

}  // namespace

void ImportServer::AddConfirmation(const std::string& hash, const uploads::StoredUpload& upload,
                                   const PreviewEvents& events, Refusal& refusal,
                                   StartRequest& request) const {
  // The preview itself needs no confirmation.
  StartRequest wanted = request;
  request.check_sink = [this, hash, upload, &events, &refusal,
                        wanted = std::move(wanted)](const planpb::Plan& plan) -> absl::Status {
    if (options_.previewer == nullptr) return NoPreviews();
    SLUICE_RETURN_IF_ERROR(CheckConfirmed(*options_.previews, *options_.previewer, hash, wanted,
                                          upload, events, refusal));
    return wanted.check_sink ? wanted.check_sink(plan) : absl::OkStatus();
  };
}

absl::Status ImportServer::Preview(const grpc::ServerContext& context, PreviewStream& stream) {
  if (options_.previewer == nullptr) return NoPreviews();
  controlpb::PreviewImportRequest first;
  if (!stream.Read(&first) || !first.has_options()) {
    return absl::InvalidArgumentError("the first message of PreviewImport holds the options");
  }
  const controlpb::ImportOptions& options = first.options().import();
  if (!options.topic().empty()) {
    return absl::InvalidArgumentError("a topic has no end: there is no preview of it");
  }
  SLUICE_ASSIGN_OR_RETURN(const StartRequest request, RequestOf(options, IsLocal(context.peer())));
  Refusal refusal;
  auto upload = request.replayed != nullptr ? FindReplayed(*request.replayed, uploads_, refusal)
                                            : uploads_.Find(options.upload_sha256());
  if (absl::IsNotFound(upload.status())) {
    controlpb::PreviewImportResponse missing;
    missing.set_upload_missing(true);
    stream.Write(missing);
    controlpb::PreviewImportRequest message;
    upload = Receive(options.path(), options.upload_sha256(), [&]() -> const std::string* {
      return stream.Read(&message) ? &message.chunk() : nullptr;
    });
  }
  if (!upload.ok()) return ToWire(upload.status(), refusal);
  PreviewEvents events;
  events.progress = [&](const ImportRecord& import) {
    controlpb::PreviewImportResponse told;
    *told.mutable_progress() = ToMessage(import);
    return !stopped_ && !context.IsCancelled() && stream.Write(told);
  };
  const bool compare = first.options().compare();
  if (compare && request.replayed == nullptr) {
    return absl::InvalidArgumentError("compare is for replays: replay_of names no import");
  }
  if (first.options().all_changes() && compare) {
    events.row = [&](const controlpb::RowComparison& row) {
      controlpb::PreviewImportResponse told;
      *told.mutable_row() = row;
      stream.Write(told);
    };
  } else if (first.options().all_changes()) {
    events.change = [&](const controlpb::RowChange& change) {
      controlpb::PreviewImportResponse told;
      *told.mutable_change() = change;
      stream.Write(told);
    };
  }
  auto preview = compare ? options_.previewer->Compare(request, *upload, events, refusal)
                         : options_.previewer->Preview(request, *upload, events, refusal);
  if (!preview.ok()) return ToWire(preview.status(), refusal);
  controlpb::PreviewImportResponse last;
  *last.mutable_preview() = *std::move(preview);
  // What a run is held against is not for people.
  last.mutable_preview()->clear_matched();
  if (compare) {
    *last.mutable_preview()->mutable_comparison()->mutable_replayed() =
        MessageOf(*request.replayed);
  }
  stream.Write(last);
  return absl::OkStatus();
}

grpc::Status ImportServer::PreviewImport(grpc::ServerContext* context, PreviewStream* stream) {
  return rpc::ToGrpc(Preview(*context, *stream));
}

}  // namespace sluice::control
