#include "control/import_messages.h"

#include "absl/time/time.h"
#include "common/base/clock.h"

namespace sluice::control {

absl::Time TimeOf(const std::string& text) {
  absl::Time time;
  return absl::ParseTime(absl::RFC3339_full, text, &time, nullptr) ? time : absl::InfinitePast();
}

namespace {

// Times are kept as text with milliseconds, so nothing is lost on the way there and back.
google::protobuf::Timestamp ToTimestamp(const std::string& text) {
  google::protobuf::Timestamp stamp;
  const absl::Time time = TimeOf(text);
  if (time == absl::InfinitePast()) return stamp;
  const int64_t millis = absl::ToUnixMillis(time);
  stamp.set_seconds(millis / 1000);
  stamp.set_nanos(static_cast<int32_t>(millis % 1000 * 1'000'000));
  return stamp;
}

std::string FromTimestamp(const google::protobuf::Timestamp& stamp) {
  return base::FormatTime(absl::FromUnixSeconds(stamp.seconds()) +
                          absl::Nanoseconds(stamp.nanos()));
}

}  // namespace

controlpb::Import ToMessage(const ImportRecord& import) {
  controlpb::Import message;
  message.set_id(import.id);
  message.set_sequence(import.sequence);
  message.set_path(import.path);
  message.set_plan_hash(import.plan_hash);
  *message.mutable_plan() = import.plan;
  message.set_state(import.state);
  message.set_version(import.version);
  *message.mutable_created_at() = ToTimestamp(import.created_at);
  if (import.ended_at.has_value()) *message.mutable_ended_at() = ToTimestamp(*import.ended_at);
  message.set_seconds(import.seconds);
  message.set_error(import.error);
  controlpb::ImportCounts& counts = *message.mutable_counts();
  counts.set_rows(import.counts.rows);
  counts.set_bytes_read(import.counts.bytes_read);
  for (const auto& [place, rows] : import.counts.by_part) {
    controlpb::OutcomeCount& count = *counts.add_outcomes();
    count.set_part(place.first);
    count.set_outcome(place.second);
    count.set_rows(rows);
  }
  counts.set_created_references(import.counts.created_references);
  for (const auto& [code, count] : import.counts.issues) (*counts.mutable_issues())[code] = count;
  *message.mutable_undo() = import.undo;
  *message.mutable_rounds() = import.rounds;
  message.set_finished(import.finished);
  return message;
}

ImportRecord FromMessage(const controlpb::Import& message) {
  ImportRecord import;
  import.id = message.id();
  import.sequence = message.sequence();
  import.path = message.path();
  import.plan_hash = message.plan_hash();
  import.plan = message.plan();
  import.state = message.state();
  import.version = message.version();
  import.created_at = FromTimestamp(message.created_at());
  if (message.has_ended_at()) import.ended_at = FromTimestamp(message.ended_at());
  import.seconds = message.seconds();
  import.error = message.error();
  import.undo = message.undo();
  import.rounds = message.rounds();
  import.finished = message.finished();
  import.counts.rows = message.counts().rows();
  import.counts.bytes_read = message.counts().bytes_read();
  for (const controlpb::OutcomeCount& count : message.counts().outcomes()) {
    import.counts.outcomes[count.outcome()] += count.rows();
    import.counts.by_part[{count.part(), count.outcome()}] += count.rows();
  }
  import.counts.created_references = message.counts().created_references();
  for (const auto& [code, count] : message.counts().issues()) import.counts.issues[code] = count;
  return import;
}

}  // namespace sluice::control
