// sluice pause | resume | cancel ID
#include <fmt/format.h>

#include "cli/command_line.h"
#include "cli/control_view.h"
#include "cli/data_directory.h"
#include "cli/embedded_node.h"
#include "cli/remote_control.h"
#include "cli/state_text.h"
#include "common/base/status.h"
#include "common/telemetry/log.h"

namespace sluice::cli {
namespace {

using control::Wish;

constexpr absl::Duration kAskEvery = absl::Milliseconds(50);

class LifecycleCommand {
 public:
  LifecycleCommand(CommandContext& context, Wish wish) : context_(context), wish_(wish) {}

  int Run(const std::string& given) {
    auto loaded = context_.Settings();
    if (!loaded.ok()) return Report(kUsage, loaded.status());
    settings_ = loaded->settings;
    const auto server = context_.Server(*loaded);
    if (!server.ok()) return Report(kUsage, server.status());
    auto changed =
        server->address.empty() ? ChangeHere(given) : RemoteControl(*server).Change(given, wish_);
    if (changed.ok() && context_.IsOwn(*server)) changed = AwaitEnd(*server, *std::move(changed));
    if (absl::IsNotFound(changed.status())) return Report(kFailed, changed.status());
    if (!changed.ok()) return Report(CodeOf(changed.status()), changed.status());
    if (context_.options.json) {
      fmt::print("{}\n", control::SummaryJson(*changed));
    } else {
      fmt::print("{}\n", fmt::format(fmt::runtime(context_.Text("import {} is {}", "导入 {}：{}")),
                                     changed->id, StateText(context_.language, changed->state)));
    }
    return kDone;
  }

 private:
  // As when this process does it: a cancelled import is shown when it has ended.
  absl::StatusOr<control::ImportRecord> AwaitEnd(const rpc::Peer& server,
                                                 control::ImportRecord import) {
    RemoteControl control(server);
    const StopSignal never;
    while (wish_ == Wish::kCancel && !import.ended()) {
      never.WaitFor(kAskEvery);
      SLUICE_ASSIGN_OR_RETURN(import, control.FindImport(import.id));
    }
    return import;
  }

  // No other process works in the data directory meanwhile, so nothing is being read: a pause holds
  // back the next `serve`, and a cancelled import is ended here.
  absl::StatusOr<control::ImportRecord> ChangeHere(const std::string& given) {
    SLUICE_ASSIGN_OR_RETURN(const auto directory, DataDirectory::Lock(settings_.data_dir));
    telemetry::LogOptions log_options;
    log_options.level = telemetry::LogLevel::kWarning;
    const telemetry::Logger logger(log_options, context_.clock);
    telemetry::Registry registry;
    SLUICE_ASSIGN_OR_RETURN(auto node, EmbeddedNode::Open({settings_, false}, *directory, registry,
                                                          logger, context_.clock, context_.random));
    SLUICE_ASSIGN_OR_RETURN(const std::string id, node->store().ResolveId(given));
    SLUICE_ASSIGN_OR_RETURN(control::ImportRecord import, node->store().ChangeState(id, wish_));
    if (wish_ != Wish::kCancel || import.ended()) return import;
    SLUICE_RETURN_IF_ERROR(node->Start({id}));
    while (!import.ended()) {
      SLUICE_RETURN_IF_ERROR(node->stop().failure());
      node->WaitForProgress(absl::Milliseconds(100));
      SLUICE_ASSIGN_OR_RETURN(import, node->store().GetImport(id));
    }
    node->Stop();
    return import;
  }

  CommandContext& context_;
  const Wish wish_;
  config::Settings settings_;
};

}  // namespace

void AddLifecycleCommands(CLI::App& app, CommandContext& context, VerbAction& action) {
  struct Named {
    const char* name;
    const char* what;
    Wish wish;
  };
  for (const Named& verb :
       {Named{"pause", "Stop reading an import's source; what was read is finished", Wish::kPause},
        Named{"resume", "Go on with a paused import", Wish::kResume},
        Named{"cancel", "End an import where it is; what was read is finished and stays",
              Wish::kCancel}}) {
    auto id = std::make_shared<std::string>();
    Verb command(app, verb.name, verb.what);
    command.Option("ID", *id, "Import id, a unique prefix of it, or last").Required();
    command.OnChosen([&context, &action, id, wish = verb.wish] {
      action = [&context, id, wish] { return LifecycleCommand(context, wish).Run(*id); };
    });
  }
}

}  // namespace sluice::cli
