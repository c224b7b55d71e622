#include "control/lease_book.h"

#include <algorithm>

namespace sluice::control {

void LeaseBook::Add(const ImportRecord& import) {
  base::MutexLock lock(&mutex_);
  Entry& entry = imports_[import.id];
  entry.sink = import.plan.sink();
  entry.finished = std::max(entry.finished, import.counts.Finished());
  ++version_;
}

void LeaseBook::Remove(std::string_view import_id) {
  base::MutexLock lock(&mutex_);
  const auto found = imports_.find(import_id);
  if (found != imports_.end()) imports_.erase(found);
  ++version_;
}

void LeaseBook::Progress(std::string_view import_id, int64_t finished) {
  base::MutexLock lock(&mutex_);
  const auto found = imports_.find(import_id);
  if (found != imports_.end()) found->second.finished = finished;
  ++version_;
}

controlpb::RenewLeasesResponse LeaseBook::Renew(const controlpb::RenewLeasesRequest& request,
                                                int64_t now_nanos) {
  controlpb::RenewLeasesResponse response;
  response.mutable_lease()->set_seconds(absl::ToInt64Seconds(lease_));
  const int64_t until = now_nanos + absl::ToInt64Nanoseconds(lease_);
  base::MutexLock lock(&mutex_);
  // One at a time: several instances that ask in turn share what there is.
  bool may_take = request.wants_more();
  for (auto& [id, entry] : imports_) {
    const bool free = entry.Free(now_nanos);
    const bool mine = !free && entry.holder == request.instance();
    const bool held =
        std::find(request.held().begin(), request.held().end(), id) != request.held().end();
    bool take = (free || mine) && held;
    // Its own from before a restart: the same instance goes on with it.
    if (!take && !entry.done && mine) take = true;
    if (!take && !entry.done && free && may_take) {
      take = true;
      may_take = false;
    }
    if (take) {
      entry.holder = request.instance();
      entry.until_nanos = until;
    }
    controlpb::RunningImport& running = *response.add_imports();
    running.set_import_id(id);
    running.set_sink(entry.sink);
    running.set_finished(entry.finished);
    running.set_holder(take         ? controlpb::LEASE_HOLDER_YOU
                       : entry.done ? controlpb::LEASE_HOLDER_DONE
                       : free       ? controlpb::LEASE_HOLDER_NOBODY
                                    : controlpb::LEASE_HOLDER_OTHER);
  }
  return response;
}

void LeaseBook::Release(const controlpb::ReleaseLeasesRequest& request) {
  base::MutexLock lock(&mutex_);
  const auto free = [&](const std::string& id) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    const auto found = imports_.find(id);
    if (found == imports_.end() || found->second.holder != request.instance()) return false;
    found->second.holder.clear();
    return true;
  };
  for (const std::string& id : request.imports()) free(id);
  for (const std::string& id : request.ended()) {
    if (free(id)) imports_.find(id)->second.done = true;
  }
}

LeaseBook::Counts LeaseBook::Count(int64_t now_nanos) const {
  base::MutexLock lock(&mutex_);
  Counts counts;
  for (const auto& [id, entry] : imports_) {
    ++counts.running;
    if (!entry.done && entry.Free(now_nanos)) ++counts.waiting;
  }
  return counts;
}

uint64_t LeaseBook::version() const {
  base::MutexLock lock(&mutex_);
  return version_;
}

void LeaseBook::WaitForChange(uint64_t seen, absl::Duration timeout) const {
  base::MutexLock lock(&mutex_);
  const auto changed = [this, seen]()
                           ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return version_ != seen; };
  mutex_.AwaitWithTimeout(base::Condition(&changed), timeout);
}

}  // namespace sluice::control
