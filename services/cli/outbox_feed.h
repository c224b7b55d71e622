// Publishes control's outbox over Kafka, where several controls share it. One at a time has the
// turn, which the database gives. Whoever is given it opens a handle of the one name all of them
// use, and so shuts out the one before, which may still believe it has it: messages of a key never
// change their order.
#pragma once

#include <atomic>
#include <memory>

#include "cli/service_part.h"
#include "control/control_store.h"

namespace sluice::cli {

// Thread-compatible but for Changed. What is passed by reference outlives it.
class OutboxFeed {
 public:
  OutboxFeed(ServiceContext& context, control::ControlStore& store)
      : context_(context), store_(store) {}

  // Publishes what waits, if it is this control's turn.
  absl::Status Step();
  // Something waits: the next step looks. Thread-safe.
  void Changed() { changed_ = true; }
  void Close() { log_.reset(); }

 private:
  absl::Status Publish();
  absl::Status Open();

  ServiceContext& context_;
  control::ControlStore& store_;
  kafka::KafkaObserver observer_;
  std::atomic<bool> changed_{true};
  int64_t looked_at_nanos_ = 0;
  // Only while it is this control's turn.
  std::unique_ptr<kafka::KafkaLog> log_;
  stream::TopicId imports_ = 0;
};

}  // namespace sluice::cli
