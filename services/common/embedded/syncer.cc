#include "common/embedded/syncer.h"

#include <pthread.h>

#include <algorithm>

namespace sluice::embedded {

Syncer::Syncer(state::RocksDatabase& database) : database_(database), thread_([this] { Run(); }) {}

Syncer::~Syncer() {
  {
    base::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  thread_.join();
}

void Syncer::Request(stream::LogPosition position) {
  base::MutexLock lock(&mutex_);
  requested_ = std::max(requested_, position);
}

absl::Status Syncer::Wait(stream::LogPosition position) {
  base::MutexLock lock(&mutex_);
  requested_ = std::max(requested_, position);
  const auto done = [this, position]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
    return synced_ >= position || !failure_.ok() || stopping_;
  };
  mutex_.Await(base::Condition(&done));
  if (synced_ >= position) return absl::OkStatus();
  if (!failure_.ok()) return failure_;
  return absl::UnavailableError("the log is closing");
}

void Syncer::Run() {
  ::pthread_setname_np(::pthread_self(), "log sync");
  base::MutexLock lock(&mutex_);
  const auto wanted = [this]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
    return stopping_ || (requested_ > synced_ && failure_.ok());
  };
  while (true) {
    mutex_.Await(base::Condition(&wanted));
    if (stopping_) return;
    const stream::LogPosition target = database_.db().GetLatestSequenceNumber();
    mutex_.Unlock();
    const rocksdb::Status status = database_.db().SyncWAL();
    mutex_.Lock();
    if (status.ok()) {
      synced_ = std::max(synced_, target);
    } else {
      failure_ = state::ToStatus(status, "cannot sync the log");
    }
  }
}

}  // namespace sluice::embedded
