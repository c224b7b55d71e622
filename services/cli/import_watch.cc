#include "cli/import_watch.h"

#include <algorithm>

#include "common/base/status.h"
#include "control/import_messages.h"

namespace sluice::cli {
namespace {

constexpr absl::Duration kFirstPause = absl::Milliseconds(100);
constexpr absl::Duration kLongestPause = absl::Seconds(2);

}  // namespace

ImportWatch::ImportWatch(const rpc::Peer& peer, std::string import_id, absl::Duration patience,
                         const base::Clock& clock)
    : peer_(peer),
      import_id_(std::move(import_id)),
      patience_(patience),
      clock_(clock),
      stub_(control::controlpb::ImportService::NewStub(rpc::OpenChannel(peer))),
      thread_([this] { Run(); }) {}

ImportWatch::~ImportWatch() {
  {
    base::MutexLock lock(&mutex_);
    stopped_ = true;
    if (call_ != nullptr) call_->TryCancel();
  }
  thread_.join();
}

std::optional<control::ImportRecord> ImportWatch::Next(absl::Duration timeout) {
  base::MutexLock lock(&mutex_);
  const auto told = [this]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
    return news_.has_value() || !failure_.ok();
  };
  mutex_.AwaitWithTimeout(base::Condition(&told), timeout);
  return std::exchange(news_, std::nullopt);
}

absl::Status ImportWatch::failure() const {
  base::MutexLock lock(&mutex_);
  return failure_;
}

bool ImportWatch::Follow(absl::Status& ended) {
  grpc::ClientContext context;
  {
    base::MutexLock lock(&mutex_);
    if (stopped_) return false;
    call_ = &context;
  }
  control::controlpb::WatchImportRequest request;
  request.set_id(import_id_);
  const auto reader = stub_->WatchImport(&context, request);
  control::controlpb::WatchImportResponse response;
  bool told = false;
  while (reader->Read(&response)) {
    told = true;
    base::MutexLock lock(&mutex_);
    news_ = control::FromMessage(response.import());
  }
  ended = rpc::StatusOfStream(peer_, reader->Finish());
  base::MutexLock lock(&mutex_);
  call_ = nullptr;
  return told;
}

void ImportWatch::Run() {
  int64_t told_at_nanos = clock_.MonotonicNanos();
  absl::Duration pause = kFirstPause;
  while (true) {
    absl::Status ended;
    if (Follow(ended)) {
      told_at_nanos = clock_.MonotonicNanos();
      pause = kFirstPause;
    }
    base::MutexLock lock(&mutex_);
    // Told to the end.
    if (stopped_ || ended.ok()) return;
    const int64_t away = clock_.MonotonicNanos() - told_at_nanos;
    if (!base::IsRetryable(ended) || absl::Nanoseconds(away) > patience_) {
      failure_ = ended;
      return;
    }
    mutex_.AwaitWithTimeout(base::Condition(&stopped_), pause);
    pause = std::min(2 * pause, kLongestPause);
  }
}

}  // namespace sluice::cli
