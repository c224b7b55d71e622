// sluice import FILE
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <csignal>
#include <cstring>

#include "cli/command_line.h"
#include "cli/data_directory.h"
#include "cli/embedded_node.h"
#include "cli/import_watch.h"
#include "cli/progress.h"
#include "cli/remote_control.h"
#include "cli/sink_address.h"
#include "cli/topic_address.h"
#include "common/base/byte_source.h"
#include "common/base/status.h"
#include "control/import_starter.h"
#include "load/open_sink.h"

namespace sluice::cli {
namespace {

struct ImportOptions {
  std::string file;
  std::string dataset;
  std::string mapping;
  std::string sheet;
  std::string member;
  std::string sink;
  std::string on_duplicate;
  std::string in_file;
  std::string confirm;
  bool dry_run = false;
  bool start_new = false;
  bool yes = false;
};

// How often progress is shown, and how long control may be away while an import runs.
constexpr absl::Duration kLookEvery = absl::Milliseconds(100);
constexpr absl::Duration kPatience = absl::Minutes(1);

volatile std::sig_atomic_t g_interrupted = 0;

void OnInterrupt(int) {
  g_interrupted = 1;
}

// The word as a shell takes it.
std::string ShellWord(const std::string& word) {
  const bool plain = std::all_of(word.begin(), word.end(), [](unsigned char c) {
    return c >= 0x80 || std::isalnum(c) != 0 || std::strchr("/._-:+,@%", c) != nullptr;
  });
  if (plain && !word.empty()) return word;
  std::string quoted = "'";
  for (const char c : word) quoted += c == '\'' ? "'\\''" : std::string(1, c);
  return quoted + "'";
}

// Counts that add up, one line each, then what to do next.
void PrintSummary(const CommandContext& context, const control::ImportRecord& import,
                  const std::string& data_dir, const std::string& sink, const std::string& server) {
  if (context.options.json) {
    fmt::print("{}\n", control::SummaryJson(import));
    return;
  }
  const control::ImportCounts& counts = import.counts;
  const auto line = [&](std::string_view english, std::string_view chinese, int64_t value) {
    if (context.language == Language::kChinese) {
      fmt::print("  {}：{}\n", chinese, value);
    } else {
      fmt::print("  {:<10} {:>12}\n", english, value);
    }
  };
  fmt::print("{}\n", fmt::format(fmt::runtime(context.Text("Import {}: {} in {:.1f} s",
                                                           "导入 {}：{}，用时 {:.1f} 秒")),
                                 import.id, control::StateName(import.state), import.seconds));
  line("rows", "行数", static_cast<int64_t>(counts.rows));
  line("added", "新增", counts.Of(control::recordpb::OUTCOME_ADDED));
  line("updated", "更新", counts.Of(control::recordpb::OUTCOME_UPDATED));
  line("unchanged", "未变", counts.Of(control::recordpb::OUTCOME_UNCHANGED));
  line("skipped", "跳过", counts.Of(control::recordpb::OUTCOME_SKIPPED));
  line("rejected", "拒绝", counts.Of(control::recordpb::OUTCOME_REJECTED));
  line("review", "待审", counts.Of(control::recordpb::OUTCOME_REVIEW));
  line("issues", "提示", counts.Issues());
  for (const auto& [code, count] : counts.issues) fmt::print("    {:<24} {:>10}\n", code, count);
  if (!import.error.empty()) fmt::print("  {}\n", import.error);
  if (counts.rows == 0 && import.error.empty()) {
    fmt::print("{}\n", context.Text("The file has a header and no rows below it.",
                                    "文件只有表头，下面没有数据行。"));
  }
  // What was said for this command must be said for the next ones.
  const std::string here =
      context.options.data_dir.empty() ? "" : " --data-dir " + ShellWord(data_dir);
  const std::string there = sink.empty() ? "" : " --sink " + ShellWord(sink);
  const std::string id = import.id.substr(0, 10);
  if (!server.empty()) {
    const std::string asked = context.options.server.empty() ? "" : " --server " + server;
    fmt::print("{}\n", context.Text("Next:", "接下来："));
    fmt::print("  sluice imports show {}{}\n", id, asked);
    fmt::print("  sluice rows {} --with-issues{}\n", id, asked);
    return;
  }
  fmt::print("{}\n",
             fmt::format(fmt::runtime(context.Text("Data: {}\nNext:", "数据目录：{}\n接下来：")),
                         data_dir));
  fmt::print("  sluice records {} --limit 5{}{}\n", import.plan.dataset().name(), there, here);
  fmt::print("  sluice imports show {}{}\n", id, here);
  fmt::print("  sluice rows {} --with-issues{}\n", id, here);
}

class ImportCommand {
 public:
  ImportCommand(CommandContext& context, const ImportOptions& options)
      : context_(context), options_(options) {}

  int Run() {
    for (const auto& [given, name] :
         {std::pair{options_.dry_run, "--dry-run"}, {!options_.confirm.empty(), "--confirm"}}) {
      if (given) return Report(kUsage, fmt::format("{} is not available yet", name));
    }
    auto loaded = context_.Settings();
    if (!loaded.ok()) return Report(kUsage, loaded.status());
    settings_ = loaded->settings;
    auto server = context_.Server(*loaded);
    if (!server.ok()) return Report(kUsage, server.status());
    server_ = *std::move(server);
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
    telemetry::Registry registry;
    const NodeOptions node_options{settings_, false, sink_};
    auto node = EmbeddedNode::Open(node_options, **directory, registry, logger, context_.clock,
                                   context_.random);
    if (!node.ok()) return Report(CodeOf(node.status()), node.status());
    return RunOn(**node);
  }

 private:
  // What both ways need: the mapping and the dataset, which may be said in two places.
  absl::Status FillChoices() {
    if (options_.file.empty()) return absl::InvalidArgumentError("the name of the file is empty");
    if (!options_.mapping.empty()) {
      SLUICE_ASSIGN_OR_RETURN(mapping_text_, base::ReadSmallFile(options_.mapping));
      SLUICE_ASSIGN_OR_RETURN(request_.mapping,
                              plan::ParseMapping(mapping_text_, options_.mapping));
    }
    request_.dataset = options_.dataset;
    if (request_.mapping.has_value() && !request_.mapping->dataset.empty()) {
      if (!options_.dataset.empty() && options_.dataset != request_.mapping->dataset) {
        return absl::InvalidArgumentError(
            fmt::format("--dataset says {}, {} says {}: give one of them", options_.dataset,
                        options_.mapping, request_.mapping->dataset));
      }
      request_.dataset = request_.mapping->dataset;
    }
    if (request_.dataset.empty()) request_.dataset = "customers";
    return absl::OkStatus();
  }

  absl::Status FillRequest() {
    SLUICE_RETURN_IF_ERROR(FillChoices());
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
    SLUICE_RETURN_IF_ERROR(FillChoices());
    control::controlpb::ImportOptions remote;
    remote.set_dataset(request_.dataset);
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
    remote.set_sink(options_.sink);
    if (options_.sink.find(':') != std::string::npos) {
      SLUICE_ASSIGN_OR_RETURN(const SinkAddress sink, ParseSink(options_.sink, settings_.data_dir));
      // The password stays on this machine.
      remote.set_sink(context_.IsOwn(server_) ? sink.open_url : sink.record.url);
      sink_ = sink;
    }
    remote.set_start_new(options_.start_new);
    return remote;
  }

  // A running control does it, this only watches: what is interrupted here goes on there.
  int RunRemote() {
    auto remote = RemoteOptions();
    if (!remote.ok()) return Report(kUsage, remote.status());
    RemoteControl control(server_);
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
    std::signal(SIGINT, OnInterrupt);
    std::signal(SIGTERM, OnInterrupt);
    control::ImportRecord import = started->import;
    start_nanos_ = context_.clock.MonotonicNanos();
    {
      ImportWatch watch(server_, import.id, kPatience, context_.clock);
      Progress progress(context_.language, context_.options.json, start_nanos_);
      while (!import.ended()) {
        if (g_interrupted != 0) {
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
    PrintSummary(context_, import, settings_.data_dir, database ? sink_.record.url : options_.sink,
                 context_.IsOwn(server_) ? "" : server_.address);
    if (import.state != control::controlpb::IMPORT_STATE_COMPLETED) return kFailed;
    const bool attention = import.counts.Of(control::recordpb::OUTCOME_REJECTED) > 0 ||
                           import.counts.Of(control::recordpb::OUTCOME_REVIEW) > 0;
    return attention ? kNeedsAttention : kDone;
  }

  int RunOn(EmbeddedNode& node) {
    control::ImportStarter starter(node.store(), node.uploads(), node.ids());
    control::Refusal refusal;
    request_.check_sink = [&node, this](const plan::planpb::Plan& plan) {
      return node.CheckSink(sink_, plan.dataset());
    };
    auto started = starter.Start(request_, refusal);
    if (!started.ok()) {
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
    std::signal(SIGINT, OnInterrupt);
    std::signal(SIGTERM, OnInterrupt);
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
        if (node.stop().stopped() || g_interrupted != 0) return Unfinished(node, id);
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
  const ImportOptions& options_;
  config::Settings settings_;
  // Of the control that was named; empty = this process does it.
  rpc::Peer server_;
  std::string mapping_text_;
  control::StartRequest request_;
  SinkAddress sink_;
  int64_t start_nanos_ = 0;
};

}  // namespace

void AddImportCommand(CLI::App& app, CommandContext& context, VerbAction& action) {
  auto options = std::make_shared<ImportOptions>();
  CLI::App* verb = app.add_subcommand("import", "Bring a file into the customer store");
  verb->add_option("FILE", options->file, "Workbook (.xlsx, .xls, .ods), CSV, TSV or NDJSON file")
      ->required();
  verb->add_option("--dataset", options->dataset, "Target dataset (customers)");
  verb->add_option("--sheet", options->sheet, "Sheet of a workbook: name or number (from 1)");
  verb->add_option("--member", options->member, "File in a zip archive");
  verb->add_option("--mapping", options->mapping, "Mapping file");
  verb->add_option("--sink", options->sink, "sqlite:PATH or postgresql://USER@HOST/DATABASE");
  verb->add_option("--on-duplicate", options->on_duplicate,
                   "What happens to customers that are there: update, fill, skip or create")
      ->check(CLI::IsMember({"update", "fill", "skip", "create"}));
  verb->add_option("--in-file", options->in_file,
                   "Several rows of one customer in the file: merge, first or last")
      ->check(CLI::IsMember({"merge", "first", "last"}));
  verb->add_flag("--dry-run", options->dry_run, "Count without writing (not available yet)");
  verb->add_option("--confirm", options->confirm, "Plan hash of a dry run (not available yet)");
  verb->add_flag("--new", options->start_new, "Start another import of a file that has not ended");
  verb->add_flag("--yes", options->yes, "Ask nothing");
  verb->callback([&context, &action, options] {
    action = [&context, options] { return ImportCommand(context, *options).Run(); };
  });
}

}  // namespace sluice::cli
