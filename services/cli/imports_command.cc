// sluice imports list | show ID | watch ID
#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "cli/command_line.h"
#include "cli/control_view.h"
#include "cli/progress.h"
#include "cli/worker.h"
#include "common/base/status.h"
#include "common/plan/plan_parts.h"
#include "load/custom_json.h"

namespace sluice::cli {
namespace {

// What an import waits for, in words; empty when it has ended.
std::string WaitsFor(const control::ImportRecord& import) {
  if (import.ended()) return "";
  if (import.state == control::controlpb::IMPORT_STATE_PAUSED) {
    return "somebody who resumes it: `sluice resume`, or the same `sluice import` command";
  }
  if (import.counts.rows == 0) return "its first rows; `sluice import` or `sluice serve` reads it";
  const auto waiting = static_cast<int64_t>(import.counts.rows) - import.counts.Finished();
  if (waiting > 0) return fmt::format("{} rows that are read but have no outcome yet", waiting);
  return "the rest of its source; the same `sluice import` command, or `sluice serve`, goes on";
}

// In the order they are read. Of several, rows are those that have an outcome.
std::vector<std::pair<std::string, control::ImportCounts>> CountsByDataset(
    const control::ImportRecord& import) {
  if (import.plan.parts().empty()) return {{import.plan.dataset().name(), import.counts}};
  std::vector<std::pair<std::string, control::ImportCounts>> datasets;
  const auto parts = plan::PartsOf(import.plan);
  for (uint32_t part = 0; part < parts.size(); ++part) {
    const std::string& name = parts[part]->dataset().name();
    auto found = std::find_if(datasets.begin(), datasets.end(),
                              [&](const auto& known) { return known.first == name; });
    if (found == datasets.end()) found = datasets.insert(found, {name, {}});
    for (const auto& [place, count] : import.counts.by_part) {
      if (place.first != part) continue;
      found->second.outcomes[place.second] += count;
      found->second.rows += static_cast<uint64_t>(count);
    }
  }
  return datasets;
}

std::string DetailJson(const control::ImportRecord& import) {
  std::string json = control::SummaryJson(import);
  json.pop_back();
  json += fmt::format(
      ",\"dataset\":{},\"sink\":{},\"path\":{},\"created_at\":{},\"ended_at\":{},\"plan_hash\":{},"
      "\"waits_for\":{},\"error\":{}",
      load::JsonString(import.plan.dataset().name()), load::JsonString(import.plan.sink()),
      load::JsonString(import.path), load::JsonString(import.created_at),
      import.ended_at.has_value() ? load::JsonString(*import.ended_at) : "null",
      load::JsonString(import.plan_hash),
      import.ended() ? "null" : load::JsonString(WaitsFor(import)),
      import.error.empty() ? "null" : load::JsonString(import.error));
  std::string datasets;
  for (const auto& [name, counts] : CountsByDataset(import)) {
    datasets += fmt::format(
        "{}{}:{{\"rows\":{},\"added\":{},\"updated\":{},\"unchanged\":{},\"skipped\":{},"
        "\"rejected\":{},\"review\":{}}}",
        datasets.empty() ? "" : ",", load::JsonString(name), counts.rows,
        counts.Of(control::recordpb::OUTCOME_ADDED), counts.Of(control::recordpb::OUTCOME_UPDATED),
        counts.Of(control::recordpb::OUTCOME_UNCHANGED),
        counts.Of(control::recordpb::OUTCOME_SKIPPED),
        counts.Of(control::recordpb::OUTCOME_REJECTED),
        counts.Of(control::recordpb::OUTCOME_REVIEW));
  }
  return json + ",\"datasets\":{" + datasets + "}}";
}

std::string DatasetNames(const control::ImportRecord& import) {
  std::string names;
  for (const auto& [name, counts] : CountsByDataset(import)) {
    names += (names.empty() ? "" : ", ") + name;
  }
  return names;
}

void PrintDetail(const control::ImportRecord& import) {
  fmt::print("import     {}\nstate      {}\nfile       {}\ndataset    {}\nsink       {}\n",
             import.id, control::StateName(import.state), import.path, DatasetNames(import),
             import.plan.sink());
  fmt::print("created    {}\nended      {}\nseconds    {:.1f}\n", import.created_at,
             import.ended_at.value_or("-"), import.seconds);
  if (!import.ended()) fmt::print("waits for  {}\n", WaitsFor(import));
  if (!import.plan.profile().name().empty()) {
    fmt::print("profile    {}, version {}\n", import.plan.profile().name(),
               import.plan.profile().version());
  }
  if (!import.plan.replay_of().empty()) fmt::print("replay of  {}\n", import.plan.replay_of());
  for (const control::controlpb::ImportRound& round : import.rounds.rounds()) {
    fmt::print("sent again {} rows, {}{}{}\n", round.rows(), round.started_at(),
               round.path().empty() ? "" : ", ", round.path());
  }
  if (!import.error.empty()) fmt::print("error      {}\n", import.error);
  fmt::print("rows       {}\n", import.counts.rows);
  for (const auto& [name, outcome] : {std::pair{"added", control::recordpb::OUTCOME_ADDED},
                                      {"updated", control::recordpb::OUTCOME_UPDATED},
                                      {"unchanged", control::recordpb::OUTCOME_UNCHANGED},
                                      {"skipped", control::recordpb::OUTCOME_SKIPPED},
                                      {"rejected", control::recordpb::OUTCOME_REJECTED},
                                      {"review", control::recordpb::OUTCOME_REVIEW}}) {
    fmt::print("{:<10} {}\n", name, import.counts.Of(outcome));
  }
  fmt::print("issues     {}\n", import.counts.Issues());
  for (const auto& [code, count] : import.counts.issues) fmt::print("  {:<24} {}\n", code, count);
}

// The longest state is partly_rolled_back.
constexpr const char* kListed = "{:<28}{:<20}{:<12}{:>10}{:>10}{:>10}{:>10}  {}\n";

class ImportsCommand {
 public:
  explicit ImportsCommand(CommandContext& context) : context_(context) {}

  int List() {
    if (const int code = OpenStore(); code != kDone) return code;
    return context_.options.json ? ListJson() : ListText();
  }

  int Show(const std::string& given) {
    control::ImportRecord import;
    if (const int code = Find(given, import); code != kDone) return code;
    if (context_.options.json) {
      fmt::print("{}\n", DetailJson(import));
    } else {
      PrintDetail(import);
    }
    return kDone;
  }

  // Shows progress until the import has ended.
  int Watch(const std::string& given) {
    control::ImportRecord import;
    if (const int code = Find(given, import); code != kDone) return code;
    StopSignal never;
    {
      Progress progress(context_.language, context_.options.json, context_.clock.MonotonicNanos());
      while (!import.ended()) {
        progress.Show(import, context_.clock.MonotonicNanos());
        never.WaitFor(absl::Milliseconds(200));
        auto found = view_->FindImport(import.id);
        if (!found.ok()) return Report(CodeOfView(found.status()), found.status());
        import = *std::move(found);
      }
    }
    return Show(import.id);
  }

 private:
  // What is printed was printed, also when control goes away in the middle.
  int VisitAll(const control::ImportVisitor& visit) {
    if (view_ == nullptr) return kDone;
    const absl::Status listed = view_->VisitImports(visit);
    return listed.ok() ? kDone : Report(CodeOfView(listed), listed);
  }

  int ListJson() {
    // The bracket with the first: who cannot be asked leaves nothing on stdout.
    std::string_view before = "[";
    const int code = VisitAll([&](const control::ImportRecord& import) {
      fmt::print("{}{}", before, control::SummaryJson(import));
      before = ",\n";
      return absl::OkStatus();
    });
    if (code != kDone) return code;
    fmt::print("{}]\n", before == "[" ? "[" : "");
    return kDone;
  }

  int ListText() {
    fmt::print(kListed, "import", "state", "dataset", "rows", "added", "updated", "rejected",
               "created");
    return VisitAll([](const control::ImportRecord& import) {
      fmt::print(kListed, import.id, control::StateName(import.state), import.plan.dataset().name(),
                 import.counts.rows, import.counts.Of(control::recordpb::OUTCOME_ADDED),
                 import.counts.Of(control::recordpb::OUTCOME_UPDATED),
                 import.counts.Of(control::recordpb::OUTCOME_REJECTED), import.created_at);
      return absl::OkStatus();
    });
  }

  int OpenStore() {
    auto loaded = context_.Settings();
    if (!loaded.ok()) return Report(kUsage, loaded.status());
    auto view = OpenControlView(context_, *loaded);
    if (!view.ok()) return Report(CodeOfOpening(view.status()), view.status());
    view_ = *std::move(view);
    return kDone;
  }

  int Find(const std::string& given, control::ImportRecord& import) {
    if (const int code = OpenStore(); code != kDone) return code;
    if (view_ == nullptr) return Report(kFailed, fmt::format("there is no import '{}' yet", given));
    auto found = view_->FindImport(given);
    if (!found.ok()) return Report(CodeOfView(found.status()), found.status());
    import = *std::move(found);
    return kDone;
  }

  CommandContext& context_;
  std::unique_ptr<ControlView> view_;
};

}  // namespace

void AddImportsCommand(CLI::App& app, CommandContext& context, VerbAction& action) {
  Verb verb(app, "imports", "What was imported, and what is running");
  auto id = std::make_shared<std::string>();
  verb.Add("list", "All imports, newest first").OnChosen([&context, &action] {
    action = [&context] { return ImportsCommand(context).List(); };
  });
  Verb show = verb.Add("show", "One import");
  show.Option("ID", *id, "Import id, a unique prefix of it, or last").Required();
  show.OnChosen([&context, &action, id] {
    action = [&context, id] { return ImportsCommand(context).Show(*id); };
  });
  Verb watch = verb.Add("watch", "Progress of one import until it ends");
  watch.Option("ID", *id, "Import id, a unique prefix of it, or last").Required();
  watch.OnChosen([&context, &action, id] {
    action = [&context, id] { return ImportsCommand(context).Watch(*id); };
  });
}

}  // namespace sluice::cli
