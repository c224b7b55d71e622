// sluice topics create | check
#include <fmt/format.h>

#include "cli/command_line.h"
#include "cli/kafka_setup.h"
#include "common/base/json.h"
#include "common/base/status.h"

namespace sluice::cli {
namespace {

struct Wanted {
  std::vector<kafka::TopicSpec> topics;
  std::unique_ptr<kafka::TopicAdmin> admin;
};

absl::StatusOr<Wanted> OpenAdmin(const CommandContext& context, absl::Duration patience) {
  SLUICE_ASSIGN_OR_RETURN(const config::LoadedSettings loaded, context.Settings());
  SLUICE_ASSIGN_OR_RETURN(auto kafka, KafkaSettingsOf(loaded.settings));
  kafka.request_timeout = patience;
  Wanted wanted;
  SLUICE_ASSIGN_OR_RETURN(wanted.topics, TopicSpecsOf(loaded.settings));
  SLUICE_ASSIGN_OR_RETURN(wanted.admin,
                          kafka::TopicAdmin::Open(kafka, TopicPolicyOf(loaded.settings)));
  return wanted;
}

int Check(const CommandContext& context) {
  auto wanted = OpenAdmin(context, absl::Seconds(5));
  if (!wanted.ok()) return Report(CodeOf(wanted.status()), wanted.status());
  const absl::Status status = wanted->admin->Check(wanted->topics);
  if (!status.ok()) return Report(CodeOf(status), status);
  if (context.options.json) {
    fmt::print("{{\"valid\":true,\"topics\":{}}}\n", wanted->topics.size());
  } else {
    fmt::print("All {} topics are as they must be.\n", wanted->topics.size());
  }
  return kDone;
}

// Creates what is missing, then checks all: what was there before is left as it is.
int Create(const CommandContext& context) {
  // A broker that has just started may take long for each.
  auto wanted = OpenAdmin(context, absl::Seconds(30));
  if (!wanted.ok()) return Report(CodeOf(wanted.status()), wanted.status());
  const auto created = wanted->admin->Create(wanted->topics);
  if (!created.ok()) return Report(CodeOf(created.status()), created.status());
  if (context.options.json) {
    std::string names;
    for (const std::string& name : *created) {
      if (!names.empty()) names += ",";
      base::AppendJsonString(names, name);
    }
    fmt::print("{{\"created\":[{}]}}\n", names);
  } else {
    for (const std::string& name : *created) fmt::print("created {}\n", name);
    if (created->empty()) fmt::print("All topics were there.\n");
  }
  const absl::Status status = wanted->admin->Check(wanted->topics);
  return status.ok() ? int{kDone} : Report(CodeOf(status), status);
}

}  // namespace

void AddTopicsCommand(CLI::App& app, CommandContext& context, VerbAction& action) {
  Verb verb(app, "topics", "The topics in Kafka");
  verb.Add("create", "Create the topics that are missing").OnChosen([&context, &action] {
    action = [&context] { return Create(context); };
  });
  verb.Add("check", "Are all topics there, and as they must be?").OnChosen([&context, &action] {
    action = [&context] { return Check(context); };
  });
}

}  // namespace sluice::cli
