// The imports that this instance has open for what is pushed, one for each target. They are opened
// by the first push and closed on request, when nobody has pushed for some time, after a day, or
// when the process ends. One that was left open by a process that died is closed by whoever is
// given its lease.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "common/base/clock.h"
#include "common/base/mutex.h"
#include "ingest/push_queue.h"
#include "ingest/push_writer.h"

namespace sluice::ingest {

// What sessions need of the process. Called by the thread that steps.
class PushHost {
 public:
  virtual ~PushHost() = default;
  // A new import for the target, leased to this instance; its id.
  virtual absl::StatusOr<std::string> OpenImport(const ingestpb::PushTarget& target) = 0;
  // A writer for the import, which shuts out any other. Unavailable while its plan is not known.
  virtual absl::StatusOr<std::unique_ptr<PushWriter>> OpenWriter(const std::string& import_id,
                                                                 PushQueue& queue) = 0;
  // The writer is gone; so may be what it wrote to.
  virtual void CloseWriter(const std::string& import_id) = 0;
};

struct PushSessionsOptions {
  absl::Duration idle = absl::Minutes(5);
  absl::Duration age_max = absl::Hours(24);
  size_t sessions_max = 64;
};

// Push and Close are thread-safe; the rest is for the one thread that steps.
class PushSessions {
 public:
  // The host outlives it.
  PushSessions(const PushSessionsOptions& options, PushHost& host, const base::Clock& clock);
  ~PushSessions();

  // For callers. Waits until the records are in the log for good; the import they
  // went into.
  absl::StatusOr<std::string> Push(const ingestpb::PushTarget& target, ingestpb::PushBatch batch,
                                   absl::Duration patience);
  // Ends the target's import and waits for it; empty when none is open.
  absl::StatusOr<std::string> Close(const ingestpb::PushTarget& target, absl::Duration patience);

  // True when something was written.
  bool Step();
  // Waits for a push after `seen`, or the time is over; what to pass as `seen` next time.
  uint64_t WaitForPush(uint64_t seen, absl::Duration timeout) const;
  // The imports that are open here.
  std::vector<std::string> Held() const;
  // The imports that were ended since the last call.
  std::vector<std::string> TakeEnded();
  // An import of a stream that nobody has open: it is ended with this reason.
  void Adopt(const std::string& import_id, recordpb::EndReason reason);
  // Another instance has the import, or it is to be ended before its time.
  void Lose(const std::string& import_id);
  void Cancel(const std::string& import_id);
  // Ends all; callers are sent elsewhere. True when nothing is open any more.
  bool EndAll();

 private:
  struct Session {
    ingestpb::PushTarget target;
    PushQueue queue;
    // These belong to the thread that steps.
    std::string import_id;
    std::unique_ptr<PushWriter> writer;
    int64_t opened_at_nanos = 0;
    int64_t pushed_at_nanos = 0;
    int64_t retry_at_nanos = 0;
    std::optional<recordpb::EndReason> ending;
    // Under the mutex of the sessions: how many wait, and which import, for them.
    int callers = 0;
    bool close = false;
    bool closed = false;
    std::string shown_import;
  };
  using Sessions = std::map<std::string, std::shared_ptr<Session>>;

  std::shared_ptr<Session> Enter(const ingestpb::PushTarget& target)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool StepSession(Session& session);
  absl::Status OpenSession(Session& session);
  // Whether it is time to end it.
  void Decide(Session& session, int64_t now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Forget(Session& session) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const PushSessionsOptions options_;
  PushHost& host_;
  const base::Clock& clock_;
  mutable base::Mutex mutex_;
  // By target; adopted ones by their import.
  Sessions sessions_ ABSL_GUARDED_BY(mutex_);
  bool ending_all_ ABSL_GUARDED_BY(mutex_) = false;
  uint64_t pushes_ ABSL_GUARDED_BY(mutex_) = 0;
  std::vector<std::string> ended_;
};

}  // namespace sluice::ingest
