#include "cli/backup_server.h"

#include <filesystem>

#include "common/base/status.h"
#include "common/rpc/status.h"
#include "control/wire_refusal.h"

namespace sluice::cli {
namespace {

namespace controlpb = control::controlpb;

constexpr int64_t kTellEveryNanos = 200'000'000;

}  // namespace

grpc::Status BackupServer::CreateBackup(
    grpc::ServerContext* context, const controlpb::CreateBackupRequest* request,
    grpc::ServerWriter<controlpb::CreateBackupResponse>* writer) {
  {
    base::MutexLock lock(&mutex_);
    if (busy_) {
      return rpc::ToGrpc(absl::AbortedError("another backup is being made: wait for it"));
    }
    busy_ = true;
  }
  auto made = Create(*context, *request, *writer);
  {
    base::MutexLock lock(&mutex_);
    busy_ = false;
  }
  if (!made.ok()) {
    logger_.Warning("no backup was made", {{"reason", base::Message(made.status())}});
    return rpc::ToGrpc(made.status());
  }
  logger_.Info("a backup was made", {{"directory", made->directory()}, {"backup", made->id()}});
  controlpb::CreateBackupResponse response;
  *response.mutable_backup() = *std::move(made);
  writer->Write(response);
  return grpc::Status::OK;
}

absl::StatusOr<controlpb::Backup> BackupServer::Create(
    grpc::ServerContext& context, controlpb::CreateBackupRequest request,
    grpc::ServerWriter<controlpb::CreateBackupResponse>& writer) {
  if (request.directory().empty()) request.set_directory(directory_);
  if (!std::filesystem::path(request.directory()).is_absolute()) {
    return absl::InvalidArgumentError("the backup directory must be an absolute path");
  }
  // Who comes over the network must not make this process write where they like.
  if (!control::IsLocal(context.peer()) && request.directory() != directory_) {
    return absl::InvalidArgumentError(
        "over the network a backup goes to the server's own backup directory (its setting "
        "backup.dir): name none");
  }
  int64_t told_at_nanos = 0;
  return MakeBackup(node_, request, clock_, [&](const controlpb::BackupProgress& progress) {
    if (context.IsCancelled()) return absl::CancelledError("who asked for the backup is gone");
    const int64_t now = clock_.MonotonicNanos();
    if (now - told_at_nanos < kTellEveryNanos) return absl::OkStatus();
    told_at_nanos = now;
    controlpb::CreateBackupResponse response;
    *response.mutable_progress() = progress;
    writer.Write(response);
    return absl::OkStatus();
  });
}

}  // namespace sluice::cli
