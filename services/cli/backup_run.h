// Backups as commands make them: of the node in this process, or of one that is asked; with
// progress for people.
#pragma once

#include "absl/status/statusor.h"
#include "cli/command_line.h"
#include "cli/embedded_node.h"
#include "common/rpc/peer.h"
#include "sluice/control/v1/backup_service.pb.h"

namespace sluice::cli {

// As MakeBackup (node_backup.h), into the default directory when none is named. Cancelled when the
// user stops it.
absl::StatusOr<control::controlpb::Backup> BackUpHere(
    CommandContext& context, EmbeddedNode& node, const config::Settings& settings,
    control::controlpb::CreateBackupRequest request);

// Asks a running node; the codes are those of backup_service.proto. InvalidArgument when it is one
// that makes no backups.
absl::StatusOr<control::controlpb::Backup> BackUpThere(
    CommandContext& context, const rpc::Peer& server,
    const control::controlpb::CreateBackupRequest& request);

// What an import asks for with --backup.
control::controlpb::CreateBackupRequest BackupBeforeImport(const std::string& option);

// An absolute path for what was given; empty stays so.
std::string BackupDirectoryOf(const std::string& given);

// The exit code, and what is said with it.
int ReportNoBackup(CommandContext& context, const absl::Status& status);

}  // namespace sluice::cli
