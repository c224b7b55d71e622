// sluice backup [DIR]
#include <fmt/format.h>

#include <filesystem>

#include "cli/backup_run.h"
#include "cli/backup_text.h"
#include "cli/byte_progress.h"
#include "cli/command_line.h"
#include "cli/data_directory.h"
#include "cli/embedded_node.h"
#include "cli/stop_signals.h"
#include "cli/summary_printer.h"
#include "common/backup/restore_staging.h"
#include "common/base/status.h"

namespace sluice::cli {
namespace {

namespace controlpb = control::controlpb;

class BackupCommand {
 public:
  BackupCommand(CommandContext& context, const std::string& directory, uint32_t keep)
      : context_(context) {
    request_.set_directory(BackupDirectoryOf(directory));
    request_.set_keep(keep);
  }

  int Run() {
    const auto loaded = context_.Settings();
    if (!loaded.ok()) return Report(kUsage, loaded.status());
    const auto server = context_.Server(*loaded);
    if (!server.ok()) return Report(kUsage, server.status());
    if (!loaded->settings.kafka.brokers.empty() && context_.options.server.empty()) {
      return Report(kUsage,
                    "over Kafka there is no backup of one process: brokers, databases and uploads "
                    "are backed up each by its own means (docs/backup.md)");
    }
    auto made = server->address.empty() ? RunHere(loaded->settings)
                                        : BackUpThere(context_, *server, request_);
    if (!made.ok()) return ReportNoBackup(context_, made.status());
    Print(*made, loaded->settings.data_dir);
    return kDone;
  }

 private:
  absl::StatusOr<controlpb::Backup> RunHere(const config::Settings& settings) {
    std::error_code ignored;
    if (!std::filesystem::exists(settings.data_dir + "/control.db", ignored) &&
        !backup::IsBeingRestored(settings.data_dir)) {
      return absl::NotFoundError(
          fmt::format("there is nothing in {} to back up (--data-dir)", settings.data_dir));
    }
    SLUICE_ASSIGN_OR_RETURN(const auto directory, DataDirectory::Lock(settings.data_dir));
    telemetry::LogOptions log_options;
    log_options.level = telemetry::LogLevel::kWarning;
    const telemetry::Logger logger(log_options, context_.clock);
    telemetry::Registry registry;
    SLUICE_ASSIGN_OR_RETURN(const auto node,
                            EmbeddedNode::Open({settings, false}, *directory, registry, logger,
                                               context_.clock, context_.random));
    TakeStopSignals();
    return BackUpHere(context_, *node, settings, request_);
  }

  void Print(const controlpb::Backup& made, const std::string& data_dir) const {
    if (context_.options.json) {
      fmt::print("{}\n", BackupJson(made));
      return;
    }
    fmt::print("{}\n",
               fmt::format(fmt::runtime(context_.Text(
                               "Backup {} in {}: {} in {} files, {} of it new, in {:.1f} s",
                               "备份 {}，位于 {}：{}，共 {} 个文件，其中新增 {}，用时 {:.1f} 秒")),
                           made.id(), made.directory(), BytesText(made.bytes()), made.files(),
                           BytesText(made.new_bytes()), made.seconds()));
    if (made.removed() > 0) {
      fmt::print("{}\n", fmt::format(fmt::runtime(context_.Text("  older backups removed: {}",
                                                                "  已删除的旧备份：{}")),
                                     made.removed()));
    }
    PrintNotTaken(context_, made);
    fmt::print("{}\n  sluice restore {} --data-dir {}\n",
               context_.Text("To bring it back:", "恢复方法："), ShellWord(made.directory()),
               ShellWord(data_dir));
  }

  CommandContext& context_;
  controlpb::CreateBackupRequest request_;
};

}  // namespace

void AddBackupCommand(CLI::App& app, CommandContext& context, VerbAction& action) {
  auto directory = std::make_shared<std::string>();
  auto keep = std::make_shared<uint32_t>(0);
  Verb verb(app, "backup", "Copy all that Sluice owns, while it works");
  verb.Option("DIR", *directory, "Where to; holds any number of backups (setting backup.dir)");
  verb.Option("--keep", *keep, "Keep only that many of the newest backups there").Positive();
  verb.OnChosen([&context, &action, directory, keep] {
    action = [&context, directory, keep] {
      return BackupCommand(context, *directory, *keep).Run();
    };
  });
}

}  // namespace sluice::cli
