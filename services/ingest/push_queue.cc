#include "ingest/push_queue.h"

#include <utility>

namespace sluice::ingest {

std::shared_ptr<PushTicket> PushQueue::Add(ingestpb::PushBatch batch) {
  auto ticket = std::make_shared<PushTicket>();
  ticket->batch = std::move(batch);
  base::MutexLock lock(&mutex_);
  waiting_.push_back(ticket);
  return ticket;
}

absl::Status PushQueue::Await(const std::shared_ptr<PushTicket>& ticket, absl::Duration patience) {
  base::MutexLock lock(&mutex_);
  const auto done = [&ticket] { return ticket->done; };
  if (mutex_.AwaitWithTimeout(base::Condition(&done), patience)) return ticket->status;
  std::erase(waiting_, ticket);
  return absl::DeadlineExceededError("the records are not written yet: send them again");
}

std::vector<std::shared_ptr<PushTicket>> PushQueue::Take(size_t records_max) {
  std::vector<std::shared_ptr<PushTicket>> taken;
  size_t records = 0;
  base::MutexLock lock(&mutex_);
  while (!waiting_.empty()) {
    records += static_cast<size_t>(waiting_.front()->batch.records_size());
    if (!taken.empty() && records > records_max) break;
    taken.push_back(std::move(waiting_.front()));
    waiting_.pop_front();
  }
  return taken;
}

void PushQueue::Finish(const std::vector<std::shared_ptr<PushTicket>>& tickets,
                       const absl::Status& status) {
  base::MutexLock lock(&mutex_);
  for (const auto& ticket : tickets) {
    ticket->done = true;
    ticket->status = status;
  }
}

void PushQueue::FailAll(const absl::Status& status) {
  Finish(Take(SIZE_MAX), status);
}

bool PushQueue::empty() const {
  base::MutexLock lock(&mutex_);
  return waiting_.empty();
}

}  // namespace sluice::ingest
