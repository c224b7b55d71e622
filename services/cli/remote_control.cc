#include "cli/remote_control.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <optional>

#include "cli/nameless_file.h"
#include "common/base/hash.h"
#include "common/base/status.h"
#include "common/rpc/call.h"
#include "control/import_messages.h"

namespace sluice::cli {
namespace {

namespace controlpb = control::controlpb;

constexpr size_t kChunkBytes = 1u << 20;

absl::Status OfFile(const absl::Status& status) {
  return status.ok() ? status : absl::OutOfRangeError(status.message());
}

absl::StatusOr<std::string> HashOf(const std::string& path) {
  SLUICE_ASSIGN_OR_RETURN(const auto source, base::FileByteSource::Open(path));
  base::Sha256 hash;
  std::string piece(kChunkBytes, '\0');
  while (true) {
    SLUICE_ASSIGN_OR_RETURN(const size_t got, source->Read(piece.data(), piece.size()));
    if (got == 0) return hash.FinishHex();
    hash.Update({piece.data(), got});
  }
}

// Until the end, or until the other side wants no more: its answer says why. At least one message,
// so that an empty file is one that was sent.
template <typename Message>
absl::Status SendBytes(const std::string& file, const std::function<bool(const Message&)>& send) {
  SLUICE_ASSIGN_OR_RETURN(const auto source, base::FileByteSource::Open(file));
  Message message;
  for (bool first = true;; first = false) {
    std::string& chunk = *message.mutable_chunk();
    chunk.resize(kChunkBytes);
    SLUICE_ASSIGN_OR_RETURN(const size_t got, source->Read(chunk.data(), chunk.size()));
    if (got == 0 && !first) return absl::OkStatus();
    chunk.resize(got);
    if (!send(message)) return absl::OkStatus();
  }
}

// Tells control which file is meant.
absl::Status NameFile(const std::string& file, controlpb::ImportOptions& options) {
  auto hash = HashOf(file);
  if (!hash.ok()) return OfFile(hash.status());
  options.set_path(file);
  options.set_absolute_path(std::filesystem::absolute(file).lexically_normal().string());
  options.set_upload_sha256(*std::move(hash));
  return absl::OkStatus();
}

}  // namespace

RemoteControl::RemoteControl(const rpc::Peer& peer)
    : peer_(peer), stub_(controlpb::ImportService::NewStub(rpc::OpenChannel(peer))) {}

absl::Status RemoteControl::Find(absl::Duration patience, const std::function<void()>& on_wait) {
  rpc::CallOptions call;
  call.patience = patience;
  // An attempt ends by itself when no connection can be made.
  call.deadline = std::max(call.deadline, patience);
  call.on_wait = on_wait;
  const absl::Status status = rpc::Call(peer_, call, [&](grpc::ClientContext& context) {
    // Any answer will do, also a refusal: what is asked for next says it better.
    controlpb::GetImportResponse response;
    return stub_->GetImport(&context, {}, &response);
  });
  const bool away = absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status);
  return away ? status : absl::OkStatus();
}

absl::Status RemoteControl::Send(const std::string& file, const controlpb::ImportOptions& options,
                                 bool bytes, controlpb::StartImportResponse& response) {
  rpc::CallOptions call;
  const bool long_call = bytes || !options.confirm().empty();
  call.deadline = long_call ? absl::Hours(12) : absl::Minutes(5);
  // The same again would start another.
  if (options.start_new()) call.patience = absl::ZeroDuration();
  absl::Status unread;
  const absl::Status status = rpc::Call(peer_, call, [&](grpc::ClientContext& context) {
    const auto writer = stub_->StartImport(&context, &response);
    controlpb::StartImportRequest message;
    *message.mutable_options() = options;
    const bool open = writer->Write(message);
    if (bytes && open) {
      unread = SendBytes<controlpb::StartImportRequest>(
          file, [&](const auto& chunk) { return writer->Write(chunk); });
    }
    if (!unread.ok()) context.TryCancel();
    writer->WritesDone();
    return writer->Finish();
  });
  return unread.ok() ? status : OfFile(unread);
}

absl::StatusOr<RemoteControl::Started> RemoteControl::StartImport(
    const std::string& file, controlpb::ImportOptions options) {
  if (options.replay_of().empty()) SLUICE_RETURN_IF_ERROR(NameFile(file, options));
  controlpb::StartImportResponse response;
  SLUICE_RETURN_IF_ERROR(Send(file, options, false, response));
  if (response.upload_missing()) {
    response.Clear();
    SLUICE_RETURN_IF_ERROR(Send(file, options, true, response));
  }
  if (!response.has_import()) return absl::InternalError("control has not answered with an import");
  return Started{control::FromMessage(response.import()), response.resumed()};
}

absl::StatusOr<controlpb::Preview> RemoteControl::PreviewImport(
    const std::string& file, controlpb::ImportOptions options, bool compare,
    const control::PreviewEvents& events) {
  if (options.replay_of().empty()) SLUICE_RETURN_IF_ERROR(NameFile(file, options));
  grpc::ClientContext context;
  const auto stream = stub_->PreviewImport(&context);
  controlpb::PreviewImportRequest first;
  *first.mutable_options()->mutable_import() = std::move(options);
  first.mutable_options()->set_all_changes(events.change || events.row);
  first.mutable_options()->set_compare(compare);
  stream->Write(first);
  controlpb::PreviewImportResponse told;
  std::optional<controlpb::Preview> preview;
  absl::Status unread;
  while (stream->Read(&told)) {
    if (told.has_upload_missing()) {
      unread = SendBytes<controlpb::PreviewImportRequest>(
          file, [&](const auto& chunk) { return stream->Write(chunk); });
      if (!unread.ok()) context.TryCancel();
      stream->WritesDone();
    } else if (told.has_progress()) {
      if (!events.progress(control::FromMessage(told.progress()))) context.TryCancel();
    } else if (told.has_change() && events.change) {
      events.change(told.change());
    } else if (told.has_row() && events.row) {
      events.row(told.row());
    } else if (told.has_preview()) {
      preview = std::move(*told.mutable_preview());
    }
  }
  const absl::Status status = rpc::StatusOfStream(peer_, stream->Finish());
  if (!unread.ok()) return OfFile(unread);
  SLUICE_RETURN_IF_ERROR(status);
  if (!preview.has_value()) return absl::InternalError("control has not answered with a preview");
  return *std::move(preview);
}

absl::StatusOr<RemoteControl::Started> RemoteControl::StartTopic(controlpb::ImportOptions options) {
  rpc::CallOptions call;
  if (options.start_new()) call.patience = absl::ZeroDuration();
  controlpb::StartImportResponse response;
  SLUICE_RETURN_IF_ERROR(rpc::Call(peer_, call, [&](grpc::ClientContext& context) {
    const auto writer = stub_->StartImport(&context, &response);
    controlpb::StartImportRequest message;
    *message.mutable_options() = options;
    writer->Write(message);
    writer->WritesDone();
    return writer->Finish();
  }));
  if (!response.has_import()) return absl::InternalError("control has not answered with an import");
  return Started{control::FromMessage(response.import()), response.resumed()};
}

absl::StatusOr<RemoteControl::Started> RemoteControl::Resubmit(const std::string& file,
                                                               controlpb::ResubmitOptions options) {
  auto hash = HashOf(file);
  if (!hash.ok()) return OfFile(hash.status());
  options.set_path(file);
  options.set_upload_sha256(*std::move(hash));
  rpc::CallOptions call;
  call.deadline = absl::Hours(12);
  controlpb::ResubmitRowsResponse response;
  absl::Status unread;
  const absl::Status status = rpc::Call(peer_, call, [&](grpc::ClientContext& context) {
    const auto writer = stub_->ResubmitRows(&context, &response);
    controlpb::ResubmitRowsRequest message;
    *message.mutable_options() = options;
    if (writer->Write(message)) {
      unread = SendBytes<controlpb::ResubmitRowsRequest>(
          file, [&](const auto& chunk) { return writer->Write(chunk); });
    }
    if (!unread.ok()) context.TryCancel();
    writer->WritesDone();
    return writer->Finish();
  });
  if (!unread.ok()) return OfFile(unread);
  SLUICE_RETURN_IF_ERROR(status);
  return Started{control::FromMessage(response.import()), response.resumed()};
}

absl::StatusOr<control::ImportRecord> RemoteControl::Change(const std::string& given,
                                                            control::Wish wish) {
  controlpb::Import import;
  const auto take = [&](const auto& response, const grpc::Status& status) {
    import = response.import();
    return status;
  };
  SLUICE_RETURN_IF_ERROR(rpc::Call(peer_, {}, [&](grpc::ClientContext& context) {
    if (wish == control::Wish::kPause) {
      controlpb::PauseImportRequest request;
      controlpb::PauseImportResponse response;
      request.set_id(given);
      const grpc::Status status = stub_->PauseImport(&context, request, &response);
      return take(response, status);
    }
    if (wish == control::Wish::kResume) {
      controlpb::ResumeImportRequest request;
      controlpb::ResumeImportResponse response;
      request.set_id(given);
      const grpc::Status status = stub_->ResumeImport(&context, request, &response);
      return take(response, status);
    }
    controlpb::CancelImportRequest request;
    controlpb::CancelImportResponse response;
    request.set_id(given);
    const grpc::Status status = stub_->CancelImport(&context, request, &response);
    return take(response, status);
  }));
  return control::FromMessage(import);
}

namespace {

controlpb::RollbackImportRequest RequestOf(const std::string& given,
                                           const control::UndoWish& wish) {
  controlpb::RollbackImportRequest request;
  request.set_id(given);
  request.mutable_rows()->Add(wish.rows.begin(), wish.rows.end());
  request.set_added_only(wish.added_only);
  request.set_updated_only(wish.updated_only);
  return request;
}

}  // namespace

absl::StatusOr<controlpb::PreviewRollbackResponse> RemoteControl::PreviewRollback(
    const std::string& given, const control::UndoWish& wish) {
  controlpb::PreviewRollbackRequest request;
  *request.mutable_rollback() = RequestOf(given, wish);
  controlpb::PreviewRollbackResponse response;
  rpc::CallOptions call;
  call.deadline = absl::Hours(1);
  SLUICE_RETURN_IF_ERROR(rpc::Call(peer_, call, [&](grpc::ClientContext& context) {
    return stub_->PreviewRollback(&context, request, &response);
  }));
  return response;
}

absl::StatusOr<control::ImportRecord> RemoteControl::Rollback(const std::string& given,
                                                              const control::UndoWish& wish) {
  const controlpb::RollbackImportRequest request = RequestOf(given, wish);
  controlpb::RollbackImportResponse response;
  SLUICE_RETURN_IF_ERROR(rpc::Call(peer_, {}, [&](grpc::ClientContext& context) {
    return stub_->RollbackImport(&context, request, &response);
  }));
  return control::FromMessage(response.import());
}

absl::StatusOr<control::ImportRecord> RemoteControl::Redo(const std::string& given) {
  controlpb::RedoImportRequest request;
  request.set_id(given);
  controlpb::RedoImportResponse response;
  rpc::CallOptions call;
  // The same again would start another.
  call.patience = absl::ZeroDuration();
  SLUICE_RETURN_IF_ERROR(rpc::Call(peer_, call, [&](grpc::ClientContext& context) {
    return stub_->RedoImport(&context, request, &response);
  }));
  return control::FromMessage(response.import());
}

absl::Status RemoteControl::VisitImports(const control::ImportVisitor& visit) {
  controlpb::ListImportsRequest request;
  request.set_limit(100);
  do {
    controlpb::ListImportsResponse response;
    SLUICE_RETURN_IF_ERROR(rpc::Call(peer_, {}, [&](grpc::ClientContext& context) {
      return stub_->ListImports(&context, request, &response);
    }));
    for (const auto& import : response.imports()) {
      SLUICE_RETURN_IF_ERROR(visit(control::FromMessage(import)));
    }
    request.set_page_token(response.next_page_token());
  } while (!request.page_token().empty());
  return absl::OkStatus();
}

absl::StatusOr<control::ImportRecord> RemoteControl::FindImport(const std::string& given) {
  controlpb::GetImportRequest request;
  request.set_id(given);
  controlpb::GetImportResponse response;
  SLUICE_RETURN_IF_ERROR(rpc::Call(peer_, {}, [&](grpc::ClientContext& context) {
    return stub_->GetImport(&context, request, &response);
  }));
  return control::FromMessage(response.import());
}

absl::Status RemoteControl::VisitResults(const std::string& id,
                                         const control::ControlStore::ResultVisitor& visit) {
  controlpb::ListResultsRequest request;
  request.set_id(id);
  grpc::ClientContext context;
  const auto reader = stub_->ListResults(&context, request);
  controlpb::ListResultsResponse response;
  while (reader->Read(&response)) SLUICE_RETURN_IF_ERROR(visit(response.result()));
  return rpc::StatusOfStream(peer_, reader->Finish());
}

absl::StatusOr<std::unique_ptr<base::ByteSource>> RemoteControl::OpenUpload(
    const std::string& sha256) {
  controlpb::ReadUploadRequest request;
  request.set_sha256(sha256);
  SLUICE_ASSIGN_OR_RETURN(const auto file, NamelessFile::Make());
  grpc::ClientContext context;
  const auto reader = stub_->ReadUpload(&context, request);
  controlpb::ReadUploadResponse response;
  absl::Status kept;
  while (kept.ok() && reader->Read(&response)) kept = file->Write(response.chunk());
  if (!kept.ok()) context.TryCancel();
  const absl::Status status = rpc::StatusOfStream(peer_, reader->Finish());
  // Opened anew: it stays when the file object goes.
  auto source = base::FileByteSource::Open(file->path());
  SLUICE_RETURN_IF_ERROR(kept);
  SLUICE_RETURN_IF_ERROR(status);
  SLUICE_RETURN_IF_ERROR(source.status());
  return std::unique_ptr<base::ByteSource>(*std::move(source));
}

}  // namespace sluice::cli
