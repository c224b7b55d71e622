#include "control/outbox_publisher.h"

#include "common/base/status.h"

namespace sluice::control {

absl::Status PublishOutbox(ControlStore& store, stream::Log& log, stream::TopicId imports) {
  while (true) {
    SLUICE_ASSIGN_OR_RETURN(const std::vector<OutboxMessage> messages, store.ReadOutbox());
    if (messages.empty()) return absl::OkStatus();
    const auto transaction = log.Begin();
    for (const OutboxMessage& message : messages) {
      transaction->Upsert({imports, 0}, message.key, message.value);
    }
    SLUICE_ASSIGN_OR_RETURN(const stream::LogPosition position, transaction->Commit());
    SLUICE_RETURN_IF_ERROR(log.WaitDurable(position));
    SLUICE_RETURN_IF_ERROR(store.DropOutbox(messages));
  }
}

}  // namespace sluice::control
