// Reads the source of one import into the log, step by step.
#pragma once

#include <cstdint>

#include "absl/status/statusor.h"
#include "ingest/record_sender.h"

namespace sluice::ingest {

struct ReaderOptions {
  SenderTopics topics;
  // Of one transaction.
  uint64_t records_max = 10000;
  uint64_t bytes_max = 8u << 20;
};

enum class ReadStep {
  kProgress,
  kThrottled,  // as far ahead as it may be, or nothing is there
  kEnded,      // the end of the import is in the log
};

// Thread-compatible.
class SourceReader {
 public:
  virtual ~SourceReader() = default;
  // Reads one batch. After an error nothing of it has happened, and the reader must be made anew.
  virtual absl::StatusOr<ReadStep> Step() = 0;
  // The next step ends the import where it is. Nothing happens when its end is in the log.
  virtual void Cancel() = 0;
};

}  // namespace sluice::ingest
