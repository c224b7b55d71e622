// sluice import FILE, and what `sluice replay` shares with it
#include "cli/import_command.h"

#include <fmt/format.h>

#include <optional>

#include "cli/backup_run.h"
#include "cli/control_view.h"
#include "cli/data_directory.h"
#include "cli/embedded_node.h"
#include "cli/import_dialogue.h"
#include "cli/import_preview.h"
#include "cli/import_wait.h"
#include "cli/local_preview.h"
#include "cli/profile_access.h"
#include "cli/progress.h"
#include "cli/remote_control.h"
#include "cli/replayed_import.h"
#include "cli/sink_address.h"
#include "cli/stop_signals.h"
#include "cli/summary_printer.h"
#include "cli/topic_address.h"
#include "common/base/status.h"
#include "control/import_replay.h"
#include "load/open_sink.h"

namespace sluice::cli {
namespace {

// The sink that commands mean which name none.
constexpr std::string_view kOwnSink = "sqlite";

class ImportCommand {
 public:
  ImportCommand(CommandContext& context, ImportOptions& options)
      : context_(context), options_(options) {}

  int Run() {
    const absl::Status allowed = CheckImportOptions(options_);
    if (!allowed.ok()) return Report(kUsage, allowed);
    auto loaded = context_.Settings();
    if (!loaded.ok()) return Report(kUsage, loaded.status());
    settings_ = loaded->settings;
    auto server = context_.Server(*loaded);
    if (!server.ok()) return Report(kUsage, server.status());
    server_ = *std::move(server);
    if (IsReplay()) {
      if (const int code = FindReplayed(*loaded); code != kDone) return code;
    }
    if (const auto declined = AskWhetherToGoOn(); declined.has_value()) return *declined;
    const bool own = context_.IsOwn(server_);
    if (!server_.address.empty() && !(own && IsTopicAddress(options_.file))) return RunRemote();
    if (IsTopicAddress(options_.file)) {
      return Report(kUsage,
                    "a topic is read by services over Kafka: name their control (--server)");
    }
    if (const absl::Status status = FillRequest(); !status.ok()) return Report(kUsage, status);
    if (IsReplay()) {
      control::Refusal refusal;
      const absl::Status filled = control::FillReplay(replayed_, request_, refusal);
      if (!filled.ok()) return Refused(filled, refusal);
    }
    auto directory = DataDirectory::Lock(settings_.data_dir);
    if (!directory.ok()) return Report(CodeOf(directory.status()), directory.status());
    telemetry::LogOptions log_options;
    log_options.level = telemetry::LogLevel::kWarning;
    const telemetry::Logger logger(log_options, context_.clock);
    if (options_.dry_run || options_.compare) return RunPreview(logger);
    telemetry::Registry registry;
    const NodeOptions node_options{settings_, false, sink_};
    auto node = EmbeddedNode::Open(node_options, **directory, registry, logger, context_.clock,
                                   context_.random);
    if (!node.ok()) return Report(CodeOf(node.status()), node.status());
    return RunOn(**node, logger);
  }

 private:
  bool IsReplay() const { return !options_.replayed.empty(); }

  int FindReplayed(const config::LoadedSettings& loaded) {
    auto found = FindReplayedImport(context_, loaded, options_.replayed);
    if (!found.ok()) return Report(CodeOfView(found.status()), found.status());
    replayed_ = *std::move(found);
    return kDone;
  }

  // A person on a terminal who has given no mapping sees first what was understood; the exit code
  // when nothing is to be done.
  std::optional<int> AskWhetherToGoOn() {
    const bool asked = !options_.yes && !context_.options.json && options_.mapping.empty() &&
                       options_.profile.empty() && !options_.dry_run && options_.confirm.empty() &&
                       !IsReplay() && !IsTopicAddress(options_.file) && OnTerminal();
    if (!asked) return std::nullopt;
    const std::string name = options_.dataset.empty() ? "customers" : options_.dataset;
    const auto dataset = plan::FindDataset(name, settings_.data_dir + "/datasets");
    if (!dataset.ok()) return std::nullopt;
    formats::InspectOptions inspect;
    inspect.sheet = options_.sheet;
    inspect.member = options_.member;
    // It was checked with the other switches.
    formats::Apply(options_.reading, inspect).IgnoreError();
    const Answer answer =
        AskOnTerminal(context_, options_.file, inspect, *dataset,
                      [this](Inspection& inspection) { AddProfiles(inspection); });
    options_.dry_run = answer == Answer::kDryRun;
    if (answer != Answer::kNothing) return std::nullopt;
    return kDone;
  }

  // The saved mappings that fit: where they cannot be asked for, the import will say why.
  void AddProfiles(Inspection& inspection) {
    if (options_.no_profile) return;
    const auto loaded = context_.Settings();
    if (loaded.ok()) {
      inspection.profiles = FittingProfiles(context_, *loaded, inspection.shape.columns);
    }
  }

  absl::Status FillRequest() {
    SLUICE_RETURN_IF_ERROR(FillChoices(options_, request_, mapping_text_));
    request_.path = options_.file;
    request_.sheet = options_.sheet;
    request_.member = options_.member;
    request_.start_new = options_.start_new;
    request_.dataset_directory = settings_.data_dir + "/datasets";
    if (IsReplay() && options_.sink.empty()) {
      SLUICE_ASSIGN_OR_RETURN(sink_, SinkOfImport(context_, settings_, replayed_));
    } else {
      SLUICE_ASSIGN_OR_RETURN(sink_, ParseSink(options_.sink, settings_.data_dir));
    }
    request_.sink = sink_.record;
    request_.partitions = static_cast<uint32_t>(settings_.partitions);
    request_.whole_bytes_max = static_cast<uint64_t>(settings_.ordering.import_max);
    request_.row_bytes_max = static_cast<uint64_t>(settings_.limits.row_bytes_max);
    request_.upload_bytes_max = static_cast<uint64_t>(settings_.limits.upload_bytes_max);
    return absl::OkStatus();
  }

  absl::StatusOr<control::controlpb::ImportOptions> RemoteOptions() {
    SLUICE_RETURN_IF_ERROR(FillChoices(options_, request_, mapping_text_));
    control::controlpb::ImportOptions remote = RemoteChoices(options_, request_, mapping_text_);
    remote.set_sink(options_.sink);
    if (options_.sink.find(':') != std::string::npos) {
      SLUICE_ASSIGN_OR_RETURN(const SinkAddress sink, ParseSink(options_.sink, settings_.data_dir));
      // The password stays on this machine.
      remote.set_sink(context_.IsOwn(server_) ? sink.open_url : sink.record.url);
      sink_ = sink;
    }
    remote.set_replay_of(replayed_.id);
    return remote;
  }

  std::vector<std::string> Arguments() const {
    ImportOptions named = options_;
    // "last" may soon be another.
    if (IsReplay()) named.replayed = replayed_.id;
    return ImportArguments(named, SinkText(), context_.options);
  }

  // As it was given, but never a password; of a replay, where the import went.
  std::string SinkText() const {
    const bool kept = IsReplay() && options_.sink.empty() && sink_.record.name != kOwnSink;
    return kept || load::IsPostgresUrl(options_.sink) ? sink_.record.url : options_.sink;
  }

  // In this process, from a copy of the file that goes with it.
  int RunPreview(const telemetry::Logger& logger) {
    auto profiles = OpenLocalStore(context_, settings_);
    if (!profiles.ok()) return Report(CodeOf(profiles.status()), profiles.status());
    request_.profiles = profiles->get();
    LocalPreview local(context_, settings_, sink_, logger);
    return ShowPreview(context_, {options_.changes, options_.compare, Arguments()},
                       [&](const control::PreviewEvents& events) {
                         return IsReplay() ? local.PreviewReplay(request_, options_.compare, events)
                                           : local.Preview(request_, events);
                       });
  }

  // A running control does it, this only watches: what is interrupted here goes on there.
  int RunRemote() {
    auto remote = RemoteOptions();
    if (!remote.ok()) return Report(kUsage, remote.status());
    RemoteControl control(server_);
    const absl::Status there = control.Find(kControlPatience, [this] { SayWaiting(); });
    if (!there.ok()) return Report(CodeOfView(there), there);
    if (options_.dry_run || options_.compare) {
      return ShowPreview(context_, {options_.changes, options_.compare, Arguments()},
                         [&](const control::PreviewEvents& events) {
                           return control.PreviewImport(options_.file, *remote, options_.compare,
                                                        events);
                         });
    }
    if (!options_.backup.empty()) {
      auto made = BackUpThere(context_, server_, BackupBeforeImport(options_.backup));
      if (!made.ok()) return ReportNoBackup(context_, made.status());
      backup_ = *std::move(made);
    }
    absl::StatusOr<RemoteControl::Started> started;
    if (IsTopicAddress(options_.file)) {
      const absl::Status taken = TakeTopicAddress(options_.file, *remote);
      if (!taken.ok()) return Report(kUsage, taken);
      started = control.StartTopic(*remote);
    } else {
      started = control.StartImport(options_.file, *remote);
    }
    if (!started.ok()) return Report(CodeOf(started.status()), started.status());
    if (started->resumed) SayResumed(started->import.id);
    TakeStopSignals();
    start_nanos_ = context_.clock.MonotonicNanos();
    const auto ended = AwaitThere(context_, server_, started->import, start_nanos_);
    if (!ended.ok()) return ReportNotAwaited(started->import.id, ended.status());
    return Ended(*ended);
  }

  void SayWaiting() {
    if (context_.options.json) return;
    fmt::print(stderr, "{}\n",
               fmt::format(fmt::runtime(context_.Text("Control does not answer at {} yet; waiting.",
                                                      "{} 的 control 尚未应答；正在等待。")),
                           server_.address));
  }

  void SayResumed(const std::string& id) {
    if (context_.options.json) return;
    fmt::print(
        stderr, "{}\n",
        fmt::format(fmt::runtime(context_.Text("Going on with import {}.", "继续导入 {}。")), id));
  }

  // Prints how it ended; the exit code.
  int Ended(const control::ImportRecord& import) {
    PrintSummary(
        context_, import,
        {settings_.data_dir, SinkText(), context_.IsOwn(server_) ? "" : server_.address, backup_});
    if (import.state != control::controlpb::IMPORT_STATE_COMPLETED) return kFailed;
    return CodeOfCounts(import.counts);
  }

  int RunOn(EmbeddedNode& node, const telemetry::Logger& logger) {
    control::ImportStarter starter(node.store(), node.uploads(), node.ids());
    control::Refusal refusal;
    request_.profiles = &node.store();
    request_.check_sink = [&](const plan::planpb::Plan& plan) -> absl::Status {
      if (!options_.confirm.empty()) {
        LocalPreview local(context_, settings_, sink_, logger);
        SLUICE_RETURN_IF_ERROR(
            local.CheckConfirmed(options_.confirm, request_, plan, node.uploads(), refusal));
      }
      return node.CheckSink(sink_, plan);
    };
    TakeStopSignals();
    if (!options_.backup.empty()) {
      auto made = BackUpHere(context_, node, settings_, BackupBeforeImport(options_.backup));
      if (!made.ok()) return ReportNoBackup(context_, made.status());
      backup_ = *std::move(made);
    }
    auto started =
        IsReplay() ? StartReplay(node, starter, refusal) : starter.Start(request_, refusal);
    if (!started.ok()) {
      if (StopSignals() > 0) return Report(kInterrupted, "interrupted; nothing was written");
      return Refused(started.status(), refusal);
    }
    if (started->resumed) SayResumed(started->import.id);
    start_nanos_ = context_.clock.MonotonicNanos();
    const absl::Status running = node.Start({started->import.id});
    if (!running.ok()) return Report(CodeOf(running), running);
    return WaitForEnd(node, started->import.id);
  }

  absl::StatusOr<control::Started> StartReplay(EmbeddedNode& node, control::ImportStarter& starter,
                                               control::Refusal& refusal) {
    SLUICE_ASSIGN_OR_RETURN(const auto upload,
                            control::FindReplayed(replayed_, node.uploads(), refusal));
    return starter.StartStored(request_, upload, refusal);
  }

  static int Refused(const absl::Status& status, const control::Refusal& refusal) {
    if (refusal.status.ok()) return Report(CodeOf(status), status);
    switch (refusal.kind) {
      case control::RefusalKind::kUsage:
        return Report(kUsage, status);
      case control::RefusalKind::kConflict:
        return Report(kConflict, status);
      default:
        return Report(kFailed, status);
    }
  }

  int WaitForEnd(EmbeddedNode& node, const std::string& id) {
    {
      Progress progress(context_.language, context_.options.json, start_nanos_);
      while (true) {
        auto import = node.store().GetImport(id);
        if (!import.ok()) return Report(kFailed, import.status());
        if (import->ended()) break;
        if (node.stop().stopped() || StopSignals() > 0) return Unfinished(node, id);
        progress.Show(*import, context_.clock.MonotonicNanos());
        node.WaitForProgress(absl::Milliseconds(100));
      }
    }
    AddSeconds(node, id);
    auto import = node.store().GetImport(id);
    if (!import.ok()) return Report(kFailed, import.status());
    node.Stop();
    return Ended(*import);
  }

  int Unfinished(EmbeddedNode& node, const std::string& id) {
    const absl::Status failure = node.stop().failure();
    AddSeconds(node, id);
    node.Stop();
    if (absl::IsFailedPrecondition(failure)) {
      // What fits not together does not by itself the next time.
      return Report(kConflict, fmt::format("import {} stopped: {}", id, base::Message(failure)));
    }
    if (!failure.ok()) {
      return Report(kFailed,
                    fmt::format("import {} stopped: {}. Nothing is lost: run the same command "
                                "again to go on",
                                id, base::Message(failure)));
    }
    return Report(
        kInterrupted,
        fmt::format("interrupted; run the same command again to go on with import {}", id));
  }

  void AddSeconds(EmbeddedNode& node, const std::string& id) {
    const double seconds =
        static_cast<double>(context_.clock.MonotonicNanos() - start_nanos_) / 1e9;
    const absl::Status added = node.store().AddSeconds(id, seconds);
    if (!added.ok()) Report(kFailed, added);
  }

  CommandContext& context_;
  ImportOptions& options_;
  config::Settings settings_;
  // Of the control that was named; empty = this process does it.
  rpc::Peer server_;
  std::string mapping_text_;
  // Of a replay.
  control::ImportRecord replayed_;
  control::StartRequest request_;
  SinkAddress sink_;
  int64_t start_nanos_ = 0;
  // Made before; without an id when none was.
  control::controlpb::Backup backup_;
};

}  // namespace

int RunImport(CommandContext& context, ImportOptions& options) {
  return ImportCommand(context, options).Run();
}

void AddImportCommand(CLI::App& app, CommandContext& context, VerbAction& action) {
  auto options = std::make_shared<ImportOptions>();
  Verb verb(app, "import", "Bring a file into the customer store");
  AddImportOptions(verb, *options);
  verb.OnChosen([&context, &action, options] {
    action = [&context, options] { return RunImport(context, *options); };
  });
}

}  // namespace sluice::cli
