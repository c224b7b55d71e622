// sluice restore [DIR]
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <vector>

#include "cli/backup_run.h"
#include "cli/backup_text.h"
#include "cli/byte_progress.h"
#include "cli/command_line.h"
#include "cli/data_directory.h"
#include "cli/node_backup.h"
#include "cli/stop_signals.h"
#include "cli/summary_printer.h"
#include "common/backup/restore_staging.h"
#include "common/base/json.h"
#include "common/base/status.h"

namespace sluice::cli {
namespace {

struct RestoreFlags {
  std::string directory;
  std::string backup;
  bool list = false;
  bool check = false;
};

class RestoreCommand {
 public:
  RestoreCommand(CommandContext& context, const RestoreFlags& flags)
      : context_(context), flags_(flags) {}

  int Run() {
    if (flags_.list && flags_.check) return Report(kUsage, "--list and --check: give one of them");
    const auto loaded = context_.Settings();
    if (!loaded.ok()) return Report(kUsage, loaded.status());
    settings_ = loaded->settings;
    std::string from = BackupDirectoryOf(flags_.directory);
    if (from.empty()) from = DefaultBackupDirectory(settings_);
    auto directory = backup::BackupDirectory::OpenToRead(from);
    if (!directory.ok()) return Report(CodeOf(directory.status()), directory.status());
    directory_ = *std::move(directory);
    if (flags_.list) return List();
    TakeStopSignals();
    const absl::Status done = flags_.check ? Check() : Restore();
    if (done.ok()) return kDone;
    if (absl::IsCancelled(done)) {
      return Report(kInterrupted,
                    context_.Text("interrupted; nothing was restored", "已中断；没有恢复任何内容"));
    }
    return Report(CodeOf(done), done);
  }

 private:
  int List() {
    const auto ids = directory_->Ids();
    if (!ids.ok()) return Report(kFailed, ids.status());
    std::vector<std::string> items;
    for (const std::string& id : *ids) {
      const auto manifest = directory_->Read(id);
      if (!manifest.ok()) {
        Report(kFailed, manifest.status());
        continue;
      }
      const auto told = DescribeBackup(directory_->path(), *manifest);
      if (context_.options.json) {
        items.push_back(BackupJson(told));
      } else {
        fmt::print("{}  {}  {}\n", told.id(), TakenAt(told), BytesText(told.bytes()));
      }
    }
    if (context_.options.json) fmt::print("[{}]\n", fmt::join(items, ",\n"));
    return kDone;
  }

  // Called with more bytes of a whole.
  backup::OnBytes Progress(uint64_t total) {
    const int64_t start = context_.clock.MonotonicNanos();
    auto progress = std::make_shared<ByteProgress>(context_.language, context_.options.json, start);
    auto done = std::make_shared<uint64_t>(0);
    return [this, progress, done, total](uint64_t bytes) -> absl::Status {
      if (StopSignals() > 0) return absl::CancelledError("interrupted");
      *done += bytes;
      progress->Show(*done, total, context_.clock.MonotonicNanos());
      return absl::OkStatus();
    };
  }

  absl::Status Check() {
    SLUICE_ASSIGN_OR_RETURN(const backup::Manifest manifest, directory_->Find(flags_.backup));
    SLUICE_RETURN_IF_ERROR(
        backup::Verify(directory_->parts(), manifest, Progress(backup::SizeBytes(manifest))));
    const auto told = DescribeBackup(directory_->path(), manifest);
    if (context_.options.json) {
      fmt::print("{}\n", BackupJson(told));
    } else {
      fmt::print("{}\n", fmt::format(fmt::runtime(context_.Text("Backup {} of {} is whole: {}",
                                                                "备份 {}（{}）完整：{}")),
                                     told.id(), TakenAt(told), BytesText(told.bytes())));
    }
    return absl::OkStatus();
  }

  absl::Status Restore() {
    const int64_t start = context_.clock.MonotonicNanos();
    // Before the directory is made.
    SLUICE_ASSIGN_OR_RETURN(backup::Manifest manifest, directory_->Find(flags_.backup));
    SLUICE_ASSIGN_OR_RETURN(const auto data, DataDirectory::LockToRestore(settings_.data_dir));
    SLUICE_ASSIGN_OR_RETURN(auto staging, backup::RestoreStaging::Open(settings_.data_dir));
    if (staging.whole().empty()) {
      SLUICE_RETURN_IF_ERROR(
          staging.Stage(directory_->parts(), manifest, Progress(backup::SizeBytes(manifest))));
    } else if (staging.whole() != manifest.id()) {
      if (!flags_.backup.empty()) {
        return absl::FailedPreconditionError(fmt::format(
            "in {} backup {} was nearly restored when that was cut: finish it (--backup {}), or "
            "remove the directory",
            settings_.data_dir, staging.whole(), staging.whole()));
      }
      SLUICE_ASSIGN_OR_RETURN(manifest, directory_->Find(staging.whole()));
    }
    SLUICE_RETURN_IF_ERROR(staging.Place());
    Print(manifest, static_cast<double>(context_.clock.MonotonicNanos() - start) / 1e9);
    return absl::OkStatus();
  }

  void Print(const backup::Manifest& manifest, double seconds) const {
    auto told = DescribeBackup(directory_->path(), manifest);
    told.set_seconds(seconds);
    if (context_.options.json) {
      fmt::print("{{\"data_dir\":{},\"backup\":{}}}\n", base::JsonString(settings_.data_dir),
                 BackupJson(told));
      return;
    }
    fmt::print("{}\n",
               fmt::format(fmt::runtime(context_.Text("Restored {} as of {} ({}, {:.1f} s)",
                                                      "已恢复 {}，状态截至 {}（{}，{:.1f} 秒）")),
                           settings_.data_dir, TakenAt(told), BytesText(told.bytes()), seconds));
    for (const auto& file : manifest.files()) {
      if (!backup::IsElsewhere(file)) continue;
      fmt::print("  {}\n", file.path());
    }
    PrintNotTaken(context_, told);
    if (told.running_imports() == 0) return;
    fmt::print("{}\n  sluice serve --data-dir {}\n",
               fmt::format(fmt::runtime(context_.Text("{} imports had not ended; to go on:",
                                                      "有 {} 个导入尚未结束；继续：")),
                           told.running_imports()),
               ShellWord(settings_.data_dir));
  }

  CommandContext& context_;
  const RestoreFlags& flags_;
  config::Settings settings_;
  std::unique_ptr<backup::BackupDirectory> directory_;
};

}  // namespace

void AddRestoreCommand(CLI::App& app, CommandContext& context, VerbAction& action) {
  auto flags = std::make_shared<RestoreFlags>();
  Verb verb(app, "restore", "Bring a backup back into an empty data directory");
  verb.Option("DIR", flags->directory, "Where `sluice backup` wrote (setting backup.dir)");
  verb.Option("--backup", flags->backup, "Id of a backup, or how it begins (the newest)");
  verb.Flag("--list", flags->list, "Show the backups there are");
  verb.Flag("--check", flags->check, "Only look whether the backup is whole");
  verb.OnChosen([&context, &action, flags] {
    action = [&context, flags] { return RestoreCommand(context, *flags).Run(); };
  });
}

}  // namespace sluice::cli
