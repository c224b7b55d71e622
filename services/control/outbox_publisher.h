// Puts what waits in control's outbox into the log. Messages of one key are published in their
// order as long as one publisher at a time works; a message that was published and not yet dropped
// when its publisher ended is published again.
#pragma once

#include "common/stream/log.h"
#include "control/control_store.h"

namespace sluice::control {

// `imports` is the topic. OK when nothing waits any more.
absl::Status PublishOutbox(ControlStore& store, stream::Log& log, stream::TopicId imports);

}  // namespace sluice::control
