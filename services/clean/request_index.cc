#include "clean/request_index.h"

#include <algorithm>
#include <limits>

namespace sluice::clean {
namespace {

// Above every import's.
constexpr uint64_t kRequests = std::numeric_limits<uint64_t>::max();
constexpr uint32_t kLatestSpan = 0;
// Spans that are dropped one by one; older ones were dropped when they had their turn.
constexpr uint32_t kSpansDroppedMax = 64;

}  // namespace

void RequestIndex::Expect(std::string_view request, uint64_t taken_at_seconds) {
  const uint32_t span = SpanOf(taken_at_seconds);
  // The clocks of two ingests differ: what came before may lie in the span behind.
  for (uint32_t near = span - 1; near <= span + 1; ++near) {
    if (near != kLatestSpan) claims_.Expect(kRequests, near, request);
  }
  claims_.Expect(kRequests, kLatestSpan, base::Hash128().view());
}

bool RequestIndex::IsRepeat(std::string_view request, uint64_t taken_at_seconds,
                            pipeline::StageOutput& out) {
  const uint32_t span = SpanOf(taken_at_seconds);
  for (uint32_t near = span - 1; near <= span + 1; ++near) {
    if (near != kLatestSpan && claims_.Find(kRequests, near, request) != nullptr) return true;
  }
  DropOldSpans(span, out);
  claims_.Put(kRequests, span, request, {{}, taken_at_seconds});
  return false;
}

void RequestIndex::DropOldSpans(uint32_t span, pipeline::StageOutput& out) {
  const base::Hash128 zero;
  const Claim* const latest = claims_.Find(kRequests, kLatestSpan, zero.view());
  const auto before = latest == nullptr ? span : static_cast<uint32_t>(latest->row);
  if (latest != nullptr && span <= before) return;
  // Those that were kept while `before` was the latest.
  const uint32_t oldest = std::max<uint32_t>(before, 2) - 1;
  for (uint32_t old = oldest; old + 1 < span && old < oldest + kSpansDroppedMax; ++old) {
    claims_.Drop(kRequests, old, out);
  }
  claims_.Put(kRequests, kLatestSpan, zero.view(), {{}, span});
}

}  // namespace sluice::clean
