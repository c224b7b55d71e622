// A backup in words and in JSON.
#pragma once

#include <string>

#include "cli/command_line.h"
#include "common/backup/manifest.h"
#include "sluice/control/v1/backup_service.pb.h"

namespace sluice::cli {

// The parts of it that a manifest tells.
control::v1::Backup DescribeBackup(const std::string& directory, const backup::Manifest& manifest);

// One JSON object; keys are in docs/backup.md.
std::string BackupJson(const control::v1::Backup& backup);
// RFC 3339.
std::string TakenAt(const control::v1::Backup& backup);
// What was not taken, a line each; on stderr.
void PrintNotTaken(const CommandContext& context, const control::v1::Backup& backup);

}  // namespace sluice::cli
