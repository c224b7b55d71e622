#include "ingest/lead.h"

#include <algorithm>

namespace sluice::ingest {

void Lead::Join(std::string_view import_id, uint64_t sent) {
  base::MutexLock lock(&mutex_);
  Share& share = shares_[std::string(import_id)];
  share.sent = sent;
  share.running = true;
}

void Lead::Leave(std::string_view import_id) {
  base::MutexLock lock(&mutex_);
  const auto found = shares_.find(import_id);
  if (found != shares_.end()) shares_.erase(found);
}

void Lead::Sent(std::string_view import_id, uint64_t sent_in_all, uint64_t bytes) {
  base::MutexLock lock(&mutex_);
  Share& share = shares_[std::string(import_id)];
  if (sent_in_all > share.sent) {
    const double mean = static_cast<double>(bytes) / static_cast<double>(sent_in_all - share.sent);
    share.row_bytes = share.row_bytes == 0 ? mean : 0.5 * share.row_bytes + 0.5 * mean;
  }
  share.sent = sent_in_all;
}

void Lead::Arrived(std::string_view import_id, uint64_t arrived_in_all, int64_t now_nanos) {
  base::MutexLock lock(&mutex_);
  Share& share = shares_[std::string(import_id)];
  if (arrived_in_all > share.arrived) arrived_since_ += arrived_in_all - share.arrived;
  // Control and a start may tell in either order.
  share.arrived = std::max(share.arrived, arrived_in_all);
  if (measured_at_nanos_ == 0) measured_at_nanos_ = now_nanos;
  const double elapsed = static_cast<double>(now_nanos - measured_at_nanos_) / 1e9;
  constexpr double kMeasureSeconds = 0.2;
  if (elapsed < kMeasureSeconds) return;
  const double now_rate = static_cast<double>(arrived_since_) / elapsed;
  rate_ = rate_ == 0 ? now_rate : 0.5 * rate_ + 0.5 * now_rate;
  arrived_since_ = 0;
  measured_at_nanos_ = now_nanos;
}

uint64_t Lead::LimitRows() const {
  const auto wanted = static_cast<uint64_t>(rate_ * limits_.seconds);
  return std::clamp(wanted, limits_.rows_min, limits_.rows_max);
}

bool Lead::AllArrived(std::string_view import_id) const {
  base::MutexLock lock(&mutex_);
  const auto found = shares_.find(import_id);
  return found != shares_.end() && found->second.arrived >= found->second.sent;
}

uint64_t Lead::Allowance(std::string_view import_id) const {
  base::MutexLock lock(&mutex_);
  const auto found = shares_.find(import_id);
  if (found == shares_.end()) return 0;
  const auto running = std::count_if(shares_.begin(), shares_.end(),
                                     [](const auto& entry) { return entry.second.running; });
  const Share& share = found->second;
  uint64_t limit = LimitRows();
  if (share.row_bytes > 0) {
    const double rows = static_cast<double>(limits_.bytes_max) / share.row_bytes;
    if (rows < static_cast<double>(limit)) limit = static_cast<uint64_t>(rows);
  }
  // One row may always go, however large.
  limit = std::max<uint64_t>(limit / static_cast<uint64_t>(std::max<int64_t>(running, 1)), 1);
  const uint64_t ahead = share.sent > share.arrived ? share.sent - share.arrived : 0;
  return ahead >= limit ? 0 : limit - ahead;
}

}  // namespace sluice::ingest
