// What a log handle has to tell the process it runs in: for logs, metrics and readiness.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace sluice::kafka {

enum class Severity { kInfo, kWarning, kError };

struct RestoreProgress {
  uint32_t partition = 0;
  // Offsets of the changelog: where the replay began, is and will end.
  uint64_t from = 0;
  uint64_t at = 0;
  uint64_t to = 0;
  // The local copy was missing, too old or damaged, and is built anew.
  bool rebuilt = false;
};

// Called from the threads of runners and of librdkafka, so implementations are thread-safe and
// quick. No text holds a record's value or a secret. The default does nothing.
class KafkaObserver {
 public:
  virtual ~KafkaObserver() = default;
  // `handle` is the name of the log handle that says it.
  virtual void OnMessage(Severity, std::string_view /*handle*/, std::string_view /*text*/) {}
  // The partitions that the group's source reads from now on.
  virtual void OnAssignment(std::string_view /*group*/, const std::vector<uint32_t>&) {}
  // At least at the beginning and at the end of a partition's replay.
  virtual void OnRestore(const RestoreProgress&) {}
};

}  // namespace sluice::kafka
