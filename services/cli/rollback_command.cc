// sluice rollback ID | redo ID
#include <fmt/format.h>

#include <charconv>
#include <fstream>

#include "cli/command_line.h"
#include "cli/control_view.h"
#include "cli/data_directory.h"
#include "cli/embedded_node.h"
#include "cli/local_preview.h"
#include "cli/remote_control.h"
#include "cli/rollback_report.h"
#include "cli/stop_signals.h"
#include "cli/summary_printer.h"
#include "cli/undo_progress.h"
#include "common/base/status.h"
#include "common/telemetry/log.h"
#include "control/journal_window.h"

namespace sluice::cli {
namespace {

constexpr absl::Duration kAskEvery = absl::Milliseconds(50);

struct RollbackOptions {
  std::string id;
  std::string rows_file;
  std::string outcome;
  bool dry_run = false;
};

// Numbers of rows, one a line; what follows a comma is passed over, so a list of `sluice rows` will
// do. The first line may be a header.
absl::StatusOr<std::vector<uint64_t>> ReadRowNumbers(const std::string& path) {
  std::ifstream file(path);
  if (!file) return absl::InvalidArgumentError(fmt::format("cannot read {}", path));
  std::vector<uint64_t> rows;
  std::string line;
  for (size_t number = 1; std::getline(file, line); ++number) {
    constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
    if (number == 1 && line.starts_with(kByteOrderMark)) line.erase(0, kByteOrderMark.size());
    line.erase(std::min(line.find(','), line.size()));
    std::erase_if(line, [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '"'; });
    if (line.empty()) continue;
    uint64_t row = 0;
    const auto read = std::from_chars(line.data(), line.data() + line.size(), row);
    if (read.ec == std::errc() && read.ptr == line.data() + line.size()) {
      rows.push_back(row);
    } else if (number > 1) {
      return absl::InvalidArgumentError(
          fmt::format("{}, line {}: not the number of a row", path, number));
    }
  }
  if (rows.empty()) return absl::InvalidArgumentError(fmt::format("{} names no row", path));
  if (rows.size() > static_cast<size_t>(control::kUndoRowsMax)) {
    return absl::InvalidArgumentError(
        fmt::format("{} names more than {} rows: leave --rows out "
                    "to take all back",
                    path, control::kUndoRowsMax));
  }
  return rows;
}

absl::StatusOr<control::UndoWish> WishOf(const RollbackOptions& options) {
  control::UndoWish wish;
  wish.added_only = options.outcome == "added";
  wish.updated_only = options.outcome == "updated";
  if (!options.outcome.empty() && !wish.added_only && !wish.updated_only) {
    return absl::InvalidArgumentError("--outcome is added or updated");
  }
  if (options.rows_file.empty()) return wish;
  SLUICE_ASSIGN_OR_RETURN(wish.rows, ReadRowNumbers(options.rows_file));
  return wish;
}

// The data directory, opened by this process.
class OwnNode {
 public:
  OwnNode(CommandContext& context, const config::Settings& settings)
      : context_(context), settings_(settings), logger_(LogOptions(), context.clock) {}

  absl::Status Open() {
    SLUICE_ASSIGN_OR_RETURN(directory_, DataDirectory::Lock(settings_.data_dir));
    SLUICE_ASSIGN_OR_RETURN(node_, EmbeddedNode::Open({settings_, false}, *directory_, registry_,
                                                      logger_, context_.clock, context_.random));
    return absl::OkStatus();
  }
  EmbeddedNode& node() { return *node_; }

  // Works until the import is as wanted; Cancelled when a signal came. `progress` may be null.
  template <typename Done>
  absl::StatusOr<control::ImportRecord> WorkUntil(const std::string& id, UndoProgress* progress,
                                                  const Done& done) {
    if (!started_) {
      started_ = true;
      SLUICE_RETURN_IF_ERROR(node_->Start(Readers(id)));
    }
    while (true) {
      SLUICE_ASSIGN_OR_RETURN(control::ImportRecord import, node_->store().GetImport(id));
      if (done(import)) return import;
      SLUICE_RETURN_IF_ERROR(node_->stop().failure());
      if (StopSignals() > 0) return absl::CancelledError("interrupted");
      if (progress != nullptr) progress->Show(import, context_.clock.MonotonicNanos());
      node_->WaitForProgress(absl::Milliseconds(100));
    }
  }
  void Stop() {
    if (node_ != nullptr) node_->Stop();
  }

 private:
  static telemetry::LogOptions LogOptions() {
    telemetry::LogOptions options;
    options.level = telemetry::LogLevel::kWarning;
    return options;
  }
  // Of an import that is being cancelled.
  std::vector<std::string> Readers(const std::string& id) {
    const auto import = node_->store().GetImport(id);
    if (import.ok() && !import->ended() && !import->is_redo()) return {id};
    return {};
  }

  CommandContext& context_;
  const config::Settings settings_;
  const telemetry::Logger logger_;
  telemetry::Registry registry_;
  std::unique_ptr<DataDirectory> directory_;
  std::unique_ptr<EmbeddedNode> node_;
  bool started_ = false;
};

bool IsRolledBack(const control::ImportRecord& import) {
  return import.ended() && !import.rolling_back();
}

class RollbackCommand {
 public:
  explicit RollbackCommand(CommandContext& context) : context_(context) {}

  int Rollback(const RollbackOptions& options) {
    if (options.dry_run) return Preview(options);
    return Run(false, [&](const rpc::Peer& server) -> absl::StatusOr<control::ImportRecord> {
      SLUICE_ASSIGN_OR_RETURN(const control::UndoWish wish, WishOf(options));
      return server.address.empty() ? RollbackHere(options.id, wish)
                                    : RollbackThere(server, options.id, wish);
    });
  }

  int Redo(const std::string& id) {
    return Run(true, [&](const rpc::Peer& server) -> absl::StatusOr<control::ImportRecord> {
      return server.address.empty() ? RedoHere(id) : RedoThere(server, id);
    });
  }

 private:
  template <typename Work>
  int Run(bool redo, const Work& work) {
    auto loaded = context_.Settings();
    if (!loaded.ok()) return Report(kUsage, loaded.status());
    settings_ = loaded->settings;
    const auto server = context_.Server(*loaded);
    if (!server.ok()) return Report(kUsage, server.status());
    TakeStopSignals();
    auto import = work(*server);
    if (absl::IsCancelled(import.status())) {
      return Report(kInterrupted,
                    server->address.empty()
                        ? "interrupted; run the same command again to go on"
                        : "interrupted; the server goes on, the same command waits for it again");
    }
    if (absl::IsInvalidArgument(import.status())) return Report(kUsage, import.status());
    if (absl::IsNotFound(import.status())) return Report(kFailed, import.status());
    if (!import.ok()) return Report(CodeOf(import.status()), import.status());
    if (redo) return ShowRedo(*import, *server);
    const auto view = OpenControlView(context_, *loaded);
    if (!view.ok()) return Report(CodeOfOpening(view.status()), view.status());
    const absl::Status printed = PrintRollback(context_, **view, *import);
    if (!printed.ok()) return Report(CodeOfView(printed), printed);
    const auto& totals = import->undo.totals();
    return totals.kept() + totals.partly() > 0 ? kNeedsAttention : kDone;
  }

  int Preview(const RollbackOptions& options) {
    auto loaded = context_.Settings();
    if (!loaded.ok()) return Report(kUsage, loaded.status());
    settings_ = loaded->settings;
    const auto server = context_.Server(*loaded);
    if (!server.ok()) return Report(kUsage, server.status());
    const auto wish = WishOf(options);
    if (!wish.ok()) return Report(kUsage, wish.status());
    auto preview = server->address.empty()
                       ? PreviewHere(options.id, *wish)
                       : RemoteControl(*server).PreviewRollback(options.id, *wish);
    if (absl::IsNotFound(preview.status())) return Report(kFailed, preview.status());
    if (!preview.ok()) return Report(CodeOf(preview.status()), preview.status());
    PrintRollbackPreview(context_, *preview);
    return kDone;
  }

  absl::StatusOr<control::controlpb::PreviewRollbackResponse> PreviewHere(
      const std::string& given, const control::UndoWish& wish) {
    SLUICE_ASSIGN_OR_RETURN(const auto directory, DataDirectory::Lock(settings_.data_dir));
    telemetry::LogOptions log_options;
    log_options.level = telemetry::LogLevel::kWarning;
    const telemetry::Logger logger(log_options, context_.clock);
    telemetry::Registry registry;
    SLUICE_ASSIGN_OR_RETURN(auto node, EmbeddedNode::Open({settings_, false}, *directory, registry,
                                                          logger, context_.clock, context_.random));
    SLUICE_ASSIGN_OR_RETURN(const std::string id, node->store().ResolveId(given));
    SLUICE_ASSIGN_OR_RETURN(const control::ImportRecord import, node->store().GetImport(id));
    SLUICE_ASSIGN_OR_RETURN(const auto window, node->store().ReadWindow());
    SLUICE_RETURN_IF_ERROR(control::CheckKept(window, import));
    SLUICE_ASSIGN_OR_RETURN(const SinkAddress sink, node->AddressByName(import.plan.sink()));
    LocalPreview local(context_, settings_, sink, logger);
    return local.PreviewRollback(import, wish);
  }

  int ShowRedo(const control::ImportRecord& import, const rpc::Peer& server) {
    PrintSummary(context_, import,
                 {settings_.data_dir, "", context_.IsOwn(server) ? "" : server.address});
    if (import.state != control::controlpb::IMPORT_STATE_COMPLETED) return kFailed;
    return kDone;
  }

  absl::StatusOr<control::ImportRecord> RollbackHere(const std::string& given,
                                                     const control::UndoWish& wish) {
    OwnNode own(context_, settings_);
    SLUICE_RETURN_IF_ERROR(own.Open());
    SLUICE_ASSIGN_OR_RETURN(const std::string id, own.node().store().ResolveId(given));
    SLUICE_ASSIGN_OR_RETURN(control::ImportRecord import, own.node().store().GetImport(id));
    if (!import.ended() && !import.is_redo()) {
      SayCancelled(id);
      SLUICE_RETURN_IF_ERROR(own.node().store().ChangeState(id, control::Wish::kCancel).status());
    }
    if (!import.ended()) {
      SLUICE_RETURN_IF_ERROR(
          own.WorkUntil(id, nullptr, [](const auto& record) { return record.ended(); }).status());
    }
    SLUICE_ASSIGN_OR_RETURN(import, own.node().store().BeginRollback(id, wish));
    own.node().ImportsChanged();
    UndoProgress progress = ProgressOf(wish.partial() ? 0 : RowsWritten(import));
    auto done = own.WorkUntil(id, &progress, IsRolledBack);
    own.Stop();
    return done;
  }

  absl::StatusOr<control::ImportRecord> RedoHere(const std::string& given) {
    OwnNode own(context_, settings_);
    SLUICE_RETURN_IF_ERROR(own.Open());
    SLUICE_ASSIGN_OR_RETURN(const std::string id, own.node().store().ResolveId(given));
    SLUICE_ASSIGN_OR_RETURN(const control::ImportRecord redo,
                            own.node().store().BeginRedo(id, own.node().ids().Next()));
    SLUICE_ASSIGN_OR_RETURN(const control::ImportRecord original, own.node().store().GetImport(id));
    UndoProgress progress = ProgressOf(RowsTakenBack(original));
    const int64_t began = context_.clock.MonotonicNanos();
    auto done =
        own.WorkUntil(redo.id, &progress, [](const auto& record) { return record.ended(); });
    // One that stands already has its time.
    if (!redo.ended()) {
      const double seconds = static_cast<double>(context_.clock.MonotonicNanos() - began) / 1e9;
      own.node().store().AddSeconds(redo.id, seconds).IgnoreError();
      if (done.ok()) done = own.node().store().GetImport(redo.id);
    }
    own.Stop();
    return done;
  }

  // Asks until it is done; the server works on by itself, whoever waits.
  template <typename Done>
  absl::StatusOr<control::ImportRecord> AwaitThere(RemoteControl& control, const std::string& id,
                                                   UndoProgress* progress, const Done& done) {
    const StopSignal never;
    while (true) {
      SLUICE_ASSIGN_OR_RETURN(control::ImportRecord import, control.FindImport(id));
      if (done(import)) return import;
      if (StopSignals() > 0) return absl::CancelledError("interrupted");
      if (progress != nullptr) progress->Show(import, context_.clock.MonotonicNanos());
      never.WaitFor(kAskEvery);
    }
  }

  absl::StatusOr<control::ImportRecord> RollbackThere(const rpc::Peer& server,
                                                      const std::string& given,
                                                      const control::UndoWish& wish) {
    RemoteControl control(server);
    SLUICE_ASSIGN_OR_RETURN(control::ImportRecord import, control.FindImport(given));
    if (!import.ended()) {
      if (!import.is_redo()) {
        SayCancelled(import.id);
        SLUICE_RETURN_IF_ERROR(control.Change(import.id, control::Wish::kCancel).status());
      }
      SLUICE_RETURN_IF_ERROR(AwaitThere(control, import.id, nullptr, [](const auto& record) {
                               return record.ended();
                             }).status());
    }
    SLUICE_ASSIGN_OR_RETURN(import, control.Rollback(import.id, wish));
    UndoProgress progress = ProgressOf(wish.partial() ? 0 : RowsWritten(import));
    return AwaitThere(control, import.id, &progress, IsRolledBack);
  }

  absl::StatusOr<control::ImportRecord> RedoThere(const rpc::Peer& server,
                                                  const std::string& given) {
    RemoteControl control(server);
    SLUICE_ASSIGN_OR_RETURN(const control::ImportRecord redo, control.Redo(given));
    SLUICE_ASSIGN_OR_RETURN(const control::ImportRecord original,
                            control.FindImport(redo.undo.redo().import_id()));
    UndoProgress progress = ProgressOf(RowsTakenBack(original));
    return AwaitThere(control, redo.id, &progress,
                      [](const auto& record) { return record.ended(); });
  }

  UndoProgress ProgressOf(int64_t rows) {
    return UndoProgress(context_.language, context_.options.json, rows,
                        context_.clock.MonotonicNanos());
  }

  void SayCancelled(const std::string& id) {
    if (context_.options.json) return;
    fmt::print(
        stderr, "{}\n",
        fmt::format(fmt::runtime(context_.Text("Import {} still runs: it is cancelled first.",
                                               "导入 {} 仍在进行：先取消。")),
                    id));
  }

  CommandContext& context_;
  config::Settings settings_;
};

}  // namespace

void AddRollbackCommands(CLI::App& app, CommandContext& context, VerbAction& action) {
  auto options = std::make_shared<RollbackOptions>();
  Verb rollback(app, "rollback",
                "Take back what an import did; what others changed since stays and is listed");
  rollback.Option("ID", options->id, "Import id, a unique prefix of it, or last").Required();
  rollback.Option("--rows", options->rows_file,
                  "Only what these rows of the source wrote: a file with a number a line");
  rollback.Option("--outcome", options->outcome, "Only rows that were added, or updated");
  rollback.Flag("--dry-run", options->dry_run, "Say what would happen, and change nothing");
  rollback.OnChosen([&context, &action, options] {
    action = [&context, options] { return RollbackCommand(context).Rollback(*options); };
  });
  auto id = std::make_shared<std::string>();
  Verb redo(app, "redo", "Write again what rollbacks of an import took back");
  redo.Option("ID", *id, "Import id, a unique prefix of it, or last").Required();
  redo.OnChosen([&context, &action, id] {
    action = [&context, id] { return RollbackCommand(context).Redo(*id); };
  });
}

}  // namespace sluice::cli
