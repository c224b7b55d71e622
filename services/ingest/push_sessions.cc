#include "ingest/push_sessions.h"

#include <utility>

#include "common/base/status.h"

namespace sluice::ingest {
namespace {

// Before what failed is tried again.
constexpr int64_t kRetryNanos = 500'000'000;

std::string KeyOf(const ingestpb::PushTarget& target) {
  // Without maps, so equal targets have equal bytes.
  return target.SerializeAsString();
}

}  // namespace

PushSessions::PushSessions(const PushSessionsOptions& options, PushHost& host,
                           const base::Clock& clock)
    : options_(options), host_(host), clock_(clock) {}

PushSessions::~PushSessions() {
  base::MutexLock lock(&mutex_);
  for (const auto& [key, session] : sessions_) {
    session->queue.FailAll(absl::UnavailableError("ingest is stopping: send the records again"));
  }
}

std::shared_ptr<PushSessions::Session> PushSessions::Enter(const ingestpb::PushTarget& target) {
  auto& session = sessions_[KeyOf(target)];
  if (session == nullptr) {
    session = std::make_shared<Session>();
    session->target = target;
    session->opened_at_nanos = clock_.MonotonicNanos();
    session->pushed_at_nanos = session->opened_at_nanos;
  }
  ++session->callers;
  return session;
}

absl::StatusOr<std::string> PushSessions::Push(const ingestpb::PushTarget& target,
                                               ingestpb::PushBatch batch, absl::Duration patience) {
  std::shared_ptr<Session> session;
  std::shared_ptr<PushTicket> ticket;
  {
    base::MutexLock lock(&mutex_);
    if (ending_all_) {
      return absl::UnavailableError("ingest is stopping: send the records elsewhere");
    }
    if (sessions_.size() >= options_.sessions_max && sessions_.count(KeyOf(target)) == 0) {
      return absl::ResourceExhaustedError("too many targets are pushed to at once");
    }
    session = Enter(target);
    ticket = session->queue.Add(std::move(batch));
    ++pushes_;
  }
  const absl::Status pushed = session->queue.Await(ticket, patience);
  base::MutexLock lock(&mutex_);
  --session->callers;
  SLUICE_RETURN_IF_ERROR(pushed);
  return session->shown_import;
}

absl::StatusOr<std::string> PushSessions::Close(const ingestpb::PushTarget& target,
                                                absl::Duration patience) {
  base::MutexLock lock(&mutex_);
  const auto found = sessions_.find(KeyOf(target));
  if (found == sessions_.end()) return std::string();
  const std::shared_ptr<Session> session = found->second;
  session->close = true;
  ++pushes_;
  const auto closed = [&session] { return session->closed; };
  if (!mutex_.AwaitWithTimeout(base::Condition(&closed), patience)) {
    return absl::DeadlineExceededError("the import is not closed yet");
  }
  return session->shown_import;
}

uint64_t PushSessions::WaitForPush(uint64_t seen, absl::Duration timeout) const {
  base::MutexLock lock(&mutex_);
  const auto pushed = [this, seen]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return pushes_ != seen; };
  mutex_.AwaitWithTimeout(base::Condition(&pushed), timeout);
  return pushes_;
}

std::vector<std::string> PushSessions::Held() const {
  base::MutexLock lock(&mutex_);
  std::vector<std::string> held;
  for (const auto& [key, session] : sessions_) {
    if (!session->import_id.empty()) held.push_back(session->import_id);
  }
  return held;
}

std::vector<std::string> PushSessions::TakeEnded() {
  return std::exchange(ended_, {});
}

void PushSessions::Adopt(const std::string& import_id, recordpb::EndReason reason) {
  base::MutexLock lock(&mutex_);
  auto& session = sessions_[import_id];
  if (session != nullptr) return;
  session = std::make_shared<Session>();
  session->import_id = import_id;
  session->ending = reason;
}

void PushSessions::Lose(const std::string& import_id) {
  base::MutexLock lock(&mutex_);
  for (const auto& [key, session] : sessions_) {
    if (session->import_id == import_id) Forget(*session);
  }
  sessions_.erase(import_id);
}

void PushSessions::Cancel(const std::string& import_id) {
  base::MutexLock lock(&mutex_);
  for (const auto& [key, session] : sessions_) {
    if (session->import_id == import_id) session->ending = recordpb::END_REASON_CANCELLED;
  }
}

bool PushSessions::EndAll() {
  {
    base::MutexLock lock(&mutex_);
    ending_all_ = true;
    for (const auto& [key, session] : sessions_) {
      if (!session->ending.has_value()) session->ending = recordpb::END_REASON_COMPLETED;
    }
  }
  Step();
  base::MutexLock lock(&mutex_);
  return sessions_.empty();
}

void PushSessions::Forget(Session& session) {
  session.writer.reset();
  if (!session.import_id.empty()) host_.CloseWriter(session.import_id);
  session.import_id.clear();
  session.ending.reset();
}

void PushSessions::Decide(Session& session, int64_t now) {
  if (!session.queue.empty()) session.pushed_at_nanos = now;
  if (session.ending.has_value()) return;
  const auto past = [now](int64_t since_nanos, absl::Duration limit) {
    return now - since_nanos > absl::ToInt64Nanoseconds(limit);
  };
  // A day is over even while somebody pushes: the next push opens another.
  const bool old = session.writer != nullptr && past(session.opened_at_nanos, options_.age_max);
  const bool idle =
      session.callers == 0 && (session.close || past(session.pushed_at_nanos, options_.idle));
  if (old || idle) session.ending = recordpb::END_REASON_COMPLETED;
}

bool PushSessions::Step() {
  std::vector<std::pair<std::string, std::shared_ptr<Session>>> sessions;
  const int64_t now = clock_.MonotonicNanos();
  {
    base::MutexLock lock(&mutex_);
    for (const auto& [key, session] : sessions_) {
      Decide(*session, now);
      sessions.emplace_back(key, session);
    }
  }
  bool progress = false;
  for (const auto& [key, session] : sessions) {
    if (now < session->retry_at_nanos) continue;
    progress = StepSession(*session) || progress;
    base::MutexLock lock(&mutex_);
    // One that has ended, or was never opened and nobody waits for.
    if (!session->import_id.empty() || session->callers > 0 || !session->queue.empty()) continue;
    session->closed = true;
    sessions_.erase(key);
  }
  return progress;
}

bool PushSessions::StepSession(Session& session) {
  if (session.writer == nullptr) {
    const bool needed = session.ending.has_value() || !session.queue.empty();
    if (!needed) return false;
    if (session.import_id.empty() && session.ending.has_value()) {
      session.ending.reset();
      return false;
    }
    const absl::Status opened = OpenSession(session);
    if (!opened.ok()) {
      session.retry_at_nanos = clock_.MonotonicNanos() + kRetryNanos;
      // What may pass is waited for, as long as the callers do.
      if (!base::IsRetryable(opened)) session.queue.FailAll(opened);
      return false;
    }
  }
  if (session.ending.has_value()) session.writer->End(*session.ending);
  const auto step = session.writer->Step();
  if (!step.ok()) {
    // The import stays; a writer made anew knows where it stands.
    session.writer.reset();
    host_.CloseWriter(session.import_id);
    session.retry_at_nanos = clock_.MonotonicNanos() + kRetryNanos;
    return false;
  }
  if (*step == ReadStep::kEnded || session.ending.has_value()) {
    ended_.push_back(session.import_id);
    base::MutexLock lock(&mutex_);
    Forget(session);
    session.opened_at_nanos = clock_.MonotonicNanos();
  }
  return *step == ReadStep::kProgress;
}

absl::Status PushSessions::OpenSession(Session& session) {
  if (session.import_id.empty()) {
    SLUICE_ASSIGN_OR_RETURN(auto id, host_.OpenImport(session.target));
    base::MutexLock lock(&mutex_);
    session.import_id = id;
    session.shown_import = std::move(id);
  }
  SLUICE_ASSIGN_OR_RETURN(session.writer, host_.OpenWriter(session.import_id, session.queue));
  return absl::OkStatus();
}

}  // namespace sluice::ingest
