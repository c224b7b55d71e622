// sluice import FILE
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <optional>

#include "cli/backup_run.h"
#include "cli/command_line.h"
#include "cli/control_view.h"
#include "cli/data_directory.h"
#include "cli/embedded_node.h"
#include "cli/import_choices.h"
#include "cli/import_dialogue.h"
#include "cli/import_preview.h"
#include "cli/import_watch.h"
#include "cli/local_preview.h"
#include "cli/profile_access.h"
#include "cli/progress.h"
#include "cli/remote_control.h"
#include "cli/sink_address.h"
#include "cli/stop_signals.h"
#include "cli/summary_printer.h"
#include "cli/topic_address.h"
#include "common/base/status.h"
#include "control/import_starter.h"
#include "load/open_sink.h"

namespace sluice::cli {
namespace {

// How often progress is shown, and how long control may be away while an import runs.
constexpr absl::Duration kLookEvery = absl::Milliseconds(100);
constexpr absl::Duration kPatience = absl::Minutes(1);

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
    if (const auto declined = AskWhetherToGoOn(); declined.has_value()) return *declined;
    const bool own = context_.IsOwn(server_);
    if (!server_.address.empty() && !(own && IsTopicAddress(options_.file))) return RunRemote();
    if (IsTopicAddress(options_.file)) {
      return Report(kUsage,
                    "a topic is read by services over Kafka: name their control (--server)");
    }
    if (const absl::Status status = FillRequest(); !status.ok()) return Report(kUsage, status);
    auto directory = DataDirectory::Lock(settings_.data_dir);
    if (!directory.ok()) return Report(CodeOf(directory.status()), directory.status());
    telemetry::LogOptions log_options;
    log_options.level = telemetry::LogLevel::kWarning;
    const telemetry::Logger logger(log_options, context_.clock);
    if (options_.dry_run) return RunPreview(logger);
    telemetry::Registry registry;
    const NodeOptions node_options{settings_, false, sink_};
    auto node = EmbeddedNode::Open(node_options, **directory, registry, logger, context_.clock,
                                   context_.random);
    if (!node.ok()) return Report(CodeOf(node.status()), node.status());
    return RunOn(**node, logger);
  }

 private:
  // A person on a terminal who has given no mapping sees first what was understood; the exit code
  // when nothing is to be done.
  std::optional<int> AskWhetherToGoOn() {
    const bool asked = !options_.yes && !context_.options.json && options_.mapping.empty() &&
                       options_.profile.empty() && !options_.dry_run && options_.confirm.empty() &&
                       !IsTopicAddress(options_.file) && OnTerminal();
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
    if (!options_.on_duplicate.empty()) {
      request_.on_duplicate = plan::OnDuplicateByName(options_.on_duplicate);
    }
    if (!options_.in_file.empty()) request_.in_file = plan::InFileByName(options_.in_file);
    SLUICE_ASSIGN_OR_RETURN(sink_, ParseSink(options_.sink, settings_.data_dir));
    request_.sink = sink_.record;
    request_.partitions = static_cast<uint32_t>(settings_.partitions);
    request_.whole_bytes_max = static_cast<uint64_t>(settings_.ordering.import_max);
    request_.row_bytes_max = static_cast<uint64_t>(settings_.limits.row_bytes_max);
    request_.upload_bytes_max = static_cast<uint64_t>(settings_.limits.upload_bytes_max);
    return absl::OkStatus();
  }

  absl::StatusOr<control::controlpb::ImportOptions> RemoteOptions() {
    SLUICE_RETURN_IF_ERROR(FillChoices(options_, request_, mapping_text_));
    control::controlpb::ImportOptions remote;
    // What nobody has said, control assumes, or takes from a profile.
    if (request_.dataset_given || request_.mapping.has_value()) {
      remote.set_dataset(request_.dataset);
    }
    remote.set_profile(options_.profile);
    remote.set_profile_version(options_.profile_version);
    remote.set_no_profile(options_.no_profile);
    remote.set_mapping(mapping_text_);
    remote.set_mapping_name(options_.mapping);
    if (!options_.on_duplicate.empty()) {
      remote.set_on_duplicate(plan::OnDuplicateByName(options_.on_duplicate)
                                  .value_or(plan::planpb::ON_DUPLICATE_UNSPECIFIED));
    }
    if (!options_.in_file.empty()) {
      remote.set_in_file(
          plan::InFileByName(options_.in_file).value_or(plan::planpb::IN_FILE_UNSPECIFIED));
    }
    remote.set_sheet(options_.sheet);
    remote.set_member(options_.member);
    remote.set_encoding(options_.reading.encoding);
    remote.set_delimiter(options_.reading.delimiter);
    if (options_.reading.header_row.has_value()) {
      remote.set_header_row(*options_.reading.header_row);
    }
    remote.set_sink(options_.sink);
    if (options_.sink.find(':') != std::string::npos) {
      SLUICE_ASSIGN_OR_RETURN(const SinkAddress sink, ParseSink(options_.sink, settings_.data_dir));
      // The password stays on this machine.
      remote.set_sink(context_.IsOwn(server_) ? sink.open_url : sink.record.url);
      sink_ = sink;
    }
    remote.set_start_new(options_.start_new);
    remote.set_confirm(options_.confirm);
    return remote;
  }

  std::vector<std::string> Arguments() const {
    const bool database = load::IsPostgresUrl(options_.sink);
    return ImportArguments(options_, database ? sink_.record.url : options_.sink, context_.options);
  }

  // In this process, from a copy of the file that goes with it.
  int RunPreview(const telemetry::Logger& logger) {
    auto profiles = OpenLocalStore(context_, settings_);
    if (!profiles.ok()) return Report(CodeOf(profiles.status()), profiles.status());
    request_.profiles = profiles->get();
    LocalPreview local(context_, settings_, sink_, logger);
    return ShowPreview(
        context_, {options_.changes, Arguments()},
        [&](const control::PreviewEvents& events) { return local.Preview(request_, events); });
  }

  // A running control does it, this only watches: what is interrupted here goes on there.
  int RunRemote() {
    auto remote = RemoteOptions();
    if (!remote.ok()) return Report(kUsage, remote.status());
    RemoteControl control(server_);
    const absl::Status there = control.Find(kPatience, [this] { SayWaiting(); });
    if (!there.ok()) return Report(CodeOfView(there), there);
    if (options_.dry_run) {
      return ShowPreview(context_, {options_.changes, Arguments()},
                         [&](const control::PreviewEvents& events) {
                           return control.PreviewImport(options_.file, *remote, events);
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
    control::ImportRecord import = started->import;
    start_nanos_ = context_.clock.MonotonicNanos();
    {
      ImportWatch watch(server_, import.id, kPatience, context_.clock);
      Progress progress(context_.language, context_.options.json, start_nanos_);
      while (!import.ended()) {
        if (StopSignals() > 0) {
          return Report(kInterrupted,
                        fmt::format("import {} goes on without this command: `sluice imports "
                                    "watch` shows it",
                                    import.id));
        }
        progress.Show(import, context_.clock.MonotonicNanos());
        auto told = watch.Next(kLookEvery);
        if (told.has_value()) {
          import = *std::move(told);
        } else if (const absl::Status failure = watch.failure(); !failure.ok()) {
          return Report(CodeOfView(failure), failure);
        }
      }
    }
    return Ended(import);
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
    // As it was given, but never a password.
    const bool database = load::IsPostgresUrl(options_.sink);
    PrintSummary(context_, import,
                 {settings_.data_dir, database ? sink_.record.url : options_.sink,
                  context_.IsOwn(server_) ? "" : server_.address, backup_});
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
    auto started = starter.Start(request_, refusal);
    if (!started.ok()) {
      if (StopSignals() > 0) return Report(kInterrupted, "interrupted; nothing was written");
      if (refusal.status.ok()) return Report(CodeOf(started.status()), started.status());
      switch (refusal.kind) {
        case control::RefusalKind::kUsage:
          return Report(kUsage, started.status());
        case control::RefusalKind::kConflict:
          return Report(kConflict, started.status());
        default:
          return Report(kFailed, started.status());
      }
    }
    if (started->resumed) SayResumed(started->import.id);
    start_nanos_ = context_.clock.MonotonicNanos();
    const absl::Status running = node.Start({started->import.id});
    if (!running.ok()) return Report(CodeOf(running), running);
    return WaitForEnd(node, started->import.id);
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
  control::StartRequest request_;
  SinkAddress sink_;
  int64_t start_nanos_ = 0;
  // Made before; without an id when none was.
  control::controlpb::Backup backup_;
};

}  // namespace

void AddImportCommand(CLI::App& app, CommandContext& context, VerbAction& action) {
  auto options = std::make_shared<ImportOptions>();
  CLI::App* verb = app.add_subcommand("import", "Bring a file into the customer store");
  AddImportOptions(*verb, *options);
  verb->callback([&context, &action, options] {
    action = [&context, options] { return ImportCommand(context, *options).Run(); };
  });
}

}  // namespace sluice::cli
