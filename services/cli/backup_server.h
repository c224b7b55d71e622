// BackupService: backups of the node this process runs.
#pragma once

#include <string>

#include "cli/node_backup.h"
#include "common/base/mutex.h"
#include "sluice/control/v1/backup_service.grpc.pb.h"

namespace sluice::cli {

// Thread-safe. What is passed by reference outlives it.
class BackupServer : public control::controlpb::BackupService::Service {
 public:
  // `directory`: the default, and the only one for who asks over the network.
  BackupServer(EmbeddedNode& node, std::string directory, const telemetry::Logger& logger,
               const base::Clock& clock)
      : node_(node), directory_(std::move(directory)), logger_(logger), clock_(clock) {}

  grpc::Status CreateBackup(
      grpc::ServerContext* context, const control::controlpb::CreateBackupRequest* request,
      grpc::ServerWriter<control::controlpb::CreateBackupResponse>* writer) override;

 private:
  absl::StatusOr<control::controlpb::Backup> Create(
      grpc::ServerContext& context, control::controlpb::CreateBackupRequest request,
      grpc::ServerWriter<control::controlpb::CreateBackupResponse>& writer);

  EmbeddedNode& node_;
  const std::string directory_;
  const telemetry::Logger logger_;
  const base::Clock& clock_;
  base::Mutex mutex_;
  bool busy_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace sluice::cli
