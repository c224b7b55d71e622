#include "cli/backup_run.h"

#include <fmt/format.h>

#include <filesystem>

#include "cli/byte_progress.h"
#include "cli/control_view.h"
#include "cli/node_backup.h"
#include "cli/stop_signals.h"
#include "common/base/status.h"
#include "common/rpc/call.h"
#include "sluice/control/v1/backup_service.grpc.pb.h"

namespace sluice::cli {

namespace controlpb = control::controlpb;

std::string BackupDirectoryOf(const std::string& given) {
  if (given.empty()) return given;
  const auto path = std::filesystem::absolute(given).lexically_normal();
  return (path.has_filename() ? path : path.parent_path()).string();
}

controlpb::CreateBackupRequest BackupBeforeImport(const std::string& option) {
  controlpb::CreateBackupRequest request;
  if (option != "true") request.set_directory(BackupDirectoryOf(option));
  return request;
}

absl::StatusOr<controlpb::Backup> BackUpHere(CommandContext& context, EmbeddedNode& node,
                                             const config::Settings& settings,
                                             controlpb::CreateBackupRequest request) {
  if (request.directory().empty()) request.set_directory(DefaultBackupDirectory(settings));
  ByteProgress progress(context.language, context.options.json, context.clock.MonotonicNanos());
  return MakeBackup(node, request, context.clock, [&](const controlpb::BackupProgress& at) {
    if (StopSignals() > 0) return absl::CancelledError("interrupted");
    progress.Show(at.bytes_done(), at.bytes_total(), context.clock.MonotonicNanos());
    return absl::OkStatus();
  });
}

absl::StatusOr<controlpb::Backup> BackUpThere(CommandContext& context, const rpc::Peer& server,
                                              const controlpb::CreateBackupRequest& request) {
  const auto stub = controlpb::BackupService::NewStub(rpc::OpenChannel(server));
  ByteProgress progress(context.language, context.options.json, context.clock.MonotonicNanos());
  // Without a deadline. Who is interrupted ends, and the server gives the backup up.
  grpc::ClientContext call;
  const auto reader = stub->CreateBackup(&call, request);
  controlpb::CreateBackupResponse response;
  controlpb::Backup made;
  while (reader->Read(&response)) {
    if (response.has_backup()) made = response.backup();
    progress.Show(response.progress().bytes_done(), response.progress().bytes_total(),
                  context.clock.MonotonicNanos());
  }
  const grpc::Status ended = reader->Finish();
  if (ended.error_code() == grpc::StatusCode::UNIMPLEMENTED) {
    return absl::InvalidArgumentError(
        "this control makes no backups: over Kafka they are made of its parts (docs/backup.md)");
  }
  SLUICE_RETURN_IF_ERROR(rpc::StatusOfStream(server, ended));
  return made;
}

int ReportNoBackup(CommandContext& context, const absl::Status& status) {
  if (absl::IsCancelled(status)) {
    return Report(kInterrupted,
                  context.Text("interrupted; no backup was made", "已中断；没有生成备份"));
  }
  return Report(CodeOf(status), status);
}

}  // namespace sluice::cli
