// sluice resubmit ID FILE | review ID --row N --answer A
#include <fmt/format.h>

#include "cli/command_line.h"
#include "cli/control_view.h"
#include "cli/data_directory.h"
#include "cli/embedded_node.h"
#include "cli/import_preview.h"
#include "cli/import_wait.h"
#include "cli/progress.h"
#include "cli/remote_control.h"
#include "cli/review_answer.h"
#include "cli/stop_signals.h"
#include "cli/summary_printer.h"
#include "common/base/status.h"
#include "common/telemetry/log.h"
#include "control/resubmission.h"

namespace sluice::cli {
namespace {

constexpr absl::Duration kLookEvery = absl::Milliseconds(100);

struct ResubmitOptions {
  std::string id;
  std::string file;
  bool remember = false;
};

class ResubmitCommand {
 public:
  explicit ResubmitCommand(CommandContext& context) : context_(context) {}

  int Run(const ResubmitOptions& options) {
    auto loaded = context_.Settings();
    if (!loaded.ok()) return Report(kUsage, loaded.status());
    settings_ = loaded->settings;
    auto server = context_.Server(*loaded);
    if (!server.ok()) return Report(kUsage, server.status());
    server_ = *std::move(server);
    TakeStopSignals();
    start_nanos_ = context_.clock.MonotonicNanos();
    return server_.address.empty() ? RunHere(options) : RunThere(options);
  }

 private:
  int RunHere(const ResubmitOptions& options) {
    auto directory = DataDirectory::Lock(settings_.data_dir);
    if (!directory.ok()) return Report(CodeOf(directory.status()), directory.status());
    telemetry::LogOptions log_options;
    log_options.level = telemetry::LogLevel::kWarning;
    const telemetry::Logger logger(log_options, context_.clock);
    telemetry::Registry registry;
    auto node = EmbeddedNode::Open({settings_, false}, **directory, registry, logger,
                                   context_.clock, context_.random);
    if (!node.ok()) return Report(CodeOf(node.status()), node.status());
    const auto started = Begin(**node, options);
    if (!started.ok()) return Refused(started.status());
    if (started->import.ended()) return NothingNew(started->import);
    SayResumed(*started);
    const std::string& id = started->import.id;
    const absl::Status running = (*node)->Start({id});
    if (!running.ok()) return Report(CodeOf(running), running);
    auto ended = Await(**node, id);
    const double seconds =
        static_cast<double>(context_.clock.MonotonicNanos() - start_nanos_) / 1e9;
    (*node)->store().AddSeconds(id, seconds).IgnoreError();
    if (ended.ok()) ended = (*node)->store().GetImport(id);
    (*node)->Stop();
    if (absl::IsCancelled(ended.status())) {
      return Report(kInterrupted, "interrupted; run the same command again to go on");
    }
    if (!ended.ok()) return Report(CodeOf(ended.status()), ended.status());
    return Ended(*ended);
  }

  static absl::StatusOr<control::Started> Begin(EmbeddedNode& node,
                                                const ResubmitOptions& options) {
    control::ResubmitRequest request;
    SLUICE_ASSIGN_OR_RETURN(request.import_id, node.store().ResolveId(options.id));
    request.path = options.file;
    request.remember = options.remember;
    auto sent = node.uploads().Store(options.file, request.upload_bytes_max);
    if (!sent.ok()) return absl::OutOfRangeError(sent.status().message());
    request.sent = *std::move(sent);
    return control::Resubmit(node.store(), node.uploads(), request);
  }

  absl::StatusOr<control::ImportRecord> Await(EmbeddedNode& node, const std::string& id) {
    Progress progress(context_.language, context_.options.json, start_nanos_);
    while (true) {
      SLUICE_ASSIGN_OR_RETURN(control::ImportRecord import, node.store().GetImport(id));
      if (import.ended()) return import;
      SLUICE_RETURN_IF_ERROR(node.stop().failure());
      if (StopSignals() > 0) return absl::CancelledError("interrupted");
      progress.Show(import, context_.clock.MonotonicNanos());
      node.WaitForProgress(kLookEvery);
    }
  }

  int RunThere(const ResubmitOptions& options) {
    RemoteControl control(server_);
    control::controlpb::ResubmitOptions wanted;
    wanted.set_id(options.id);
    wanted.set_remember(options.remember);
    const auto started = control.Resubmit(options.file, std::move(wanted));
    if (!started.ok()) return Refused(started.status());
    if (started->import.ended()) return NothingNew(started->import);
    SayResumed(*started);
    const auto ended = AwaitThere(context_, server_, started->import, start_nanos_);
    if (!ended.ok()) return ReportNotAwaited(started->import.id, ended.status());
    return Ended(*ended);
  }

  // The file is not one of the import's rows, or the import may have none sent now.
  static int Refused(const absl::Status& status) {
    const bool file = absl::IsInvalidArgument(status) || absl::IsNotFound(status);
    return Report(file ? kFailed : CodeOf(status), status);
  }

  template <typename Started>
  void SayResumed(const Started& started) {
    if (!started.resumed || context_.options.json) return;
    fmt::print(stderr, "{}\n",
               fmt::format(fmt::runtime(context_.Text("Going on with import {}.", "继续导入 {}。")),
                           started.import.id));
  }

  int NothingNew(const control::ImportRecord& import) {
    if (!context_.options.json) {
      fmt::print(stderr, "{}\n",
                 context_.Text("Nothing was sent: no row of the file was mended or answered.",
                               "没有发送任何行：文件中没有修改过或已回答的行。"));
    }
    return Ended(import);
  }

  int Ended(const control::ImportRecord& import) {
    PrintSummary(context_, import,
                 {settings_.data_dir, "", context_.IsOwn(server_) ? "" : server_.address});
    if (import.state == control::controlpb::IMPORT_STATE_FAILED) return kFailed;
    return CodeOfCounts(import.counts);
  }

  CommandContext& context_;
  config::Settings settings_;
  // Of the control that was named; empty = this process does it.
  rpc::Peer server_;
  int64_t start_nanos_ = 0;
};

struct ReviewOptions {
  std::string id;
  ReviewAnswer answer;
  bool remember = false;
};

int Review(CommandContext& context, const ReviewOptions& options) {
  auto file = WriteAnswer(context, options.id, options.answer);
  if (!file.ok()) {
    const bool usage = absl::IsInvalidArgument(file.status());
    return Report(usage ? kUsage : CodeOfView(file.status()), file.status());
  }
  return ResubmitCommand(context).Run({options.id, (*file)->path(), options.remember});
}

}  // namespace

void AddResubmitCommands(CLI::App& app, CommandContext& context, VerbAction& action) {
  auto options = std::make_shared<ResubmitOptions>();
  Verb resubmit(app, "resubmit",
                "Send rows of an import again that `sluice rows` gave and somebody has mended");
  resubmit.Option("ID", options->id, "Import id, a unique prefix of it, or last").Required();
  resubmit.Option("FILE", options->file, "The mended rows: csv, xlsx or jsonl").Required();
  resubmit.Flag("--remember", options->remember,
                "Answer later records of the same customers like the rows in review here");
  resubmit.OnChosen([&context, &action, options] {
    action = [&context, options] { return ResubmitCommand(context).Run(*options); };
  });
  auto review = std::make_shared<ReviewOptions>();
  Verb verb(app, "review", "Say which customer a row in review is");
  verb.Option("ID", review->id, "Import id, a unique prefix of it, or last").Required();
  verb.Option("--row", review->answer.row, "Number of the row").Required();
  verb.Option("--sheet", review->answer.sheet, "Of an import of several sheets: its sheet");
  verb.Option("--answer", review->answer.answer, "Id of one of the candidates, new, or never")
      .Required();
  verb.Flag("--remember", review->remember, "Answer later records of the same customer so, too");
  verb.OnChosen([&context, &action, review] {
    action = [&context, review] { return Review(context, *review); };
  });
}

}  // namespace sluice::cli
