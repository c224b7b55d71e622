// A backup of all that a node owns, made while it works: docs/backup.md.
#pragma once

#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "cli/embedded_node.h"
#include "sluice/control/v1/backup_service.pb.h"

namespace sluice::cli {

// Where backups go that name no directory: the setting backup.dir, else beside the data directory.
std::string DefaultBackupDirectory(const config::Settings& settings);

// How far it is; not OK ends the work with that.
using OnBackupProgress =
    std::function<absl::Status(const control::controlpb::BackupProgress& progress)>;

// Makes one into `request.directory`. InvalidArgument when that cannot hold one, FailedPrecondition
// when something else is in it, Aborted while another works there, ResourceExhausted when its disk
// is full. After an error there is no backup, and those before it are as they were.
absl::StatusOr<control::controlpb::Backup> MakeBackup(
    EmbeddedNode& node, const control::controlpb::CreateBackupRequest& request,
    const base::Clock& clock, const OnBackupProgress& on_progress);

}  // namespace sluice::cli
