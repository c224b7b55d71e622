#include "cli/outbox_feed.h"

#include <fmt/format.h>

#include "common/base/status.h"
#include "control/outbox_publisher.h"

namespace sluice::cli {
namespace {

// What another control has put in, or had no time to publish, is found after as long.
constexpr int64_t kLookEveryNanos = 200'000'000;
constexpr absl::Duration kTurn = absl::Seconds(10);

}  // namespace

absl::Status OutboxFeed::Step() {
  const int64_t now = context_.clock().MonotonicNanos();
  if (!changed_ && now - looked_at_nanos_ < kLookEveryNanos) return absl::OkStatus();
  looked_at_nanos_ = now;
  // Before looking: what comes while it looks is not missed.
  changed_ = false;
  const absl::Status published = Publish();
  if (published.ok()) return published;
  changed_ = true;
  log_.reset();
  // Fenced: another control has the turn by now.
  return absl::IsFailedPrecondition(published)
             ? absl::UnavailableError(
                   fmt::format("another control publishes imports ({})", base::Message(published)))
             : published;
}

absl::Status OutboxFeed::Publish() {
  SLUICE_ASSIGN_OR_RETURN(const auto waiting, store_.ReadOutbox());
  if (waiting.empty()) return absl::OkStatus();
  SLUICE_ASSIGN_OR_RETURN(const control::OutboxTurn turn,
                          store_.TakeOutbox(context_.instance(), kTurn));
  if (turn != control::OutboxTurn::kKept) log_.reset();
  if (turn == control::OutboxTurn::kOther) return absl::OkStatus();
  if (log_ == nullptr) SLUICE_RETURN_IF_ERROR(Open());
  // Read again: what was published before the one before was shut out may have left since.
  return control::PublishOutbox(store_, *log_, imports_);
}

absl::Status OutboxFeed::Open() {
  kafka::KafkaLogOptions options;
  options.name = fmt::format("{}.control-outbox", context_.settings().kafka.prefix);
  options.renew_producer = false;
  SLUICE_ASSIGN_OR_RETURN(auto log, context_.OpenLog(std::move(options), observer_));
  SLUICE_ASSIGN_OR_RETURN(imports_, log->OpenTopic(context_.names().Imports()));
  log_ = std::move(log);
  return absl::OkStatus();
}

}  // namespace sluice::cli
