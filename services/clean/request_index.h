// Which pushed records came before, whatever import they went into: a client that had no answer
// sends its request again, here or to another ingest. Known for at least the window, at most twice
// as long, by the time ingest took the record.
//
// Lives among the claims, under a sequence that no import has: what a round is to claims, a span of
// one window is to requests. A span goes as a whole, by range. One more entry, of the span before
// all others, says which span is the latest.
#pragma once

#include <cstdint>
#include <string_view>

#include "clean/claims.h"

namespace sluice::clean {

// Thread-compatible. The overlay outlives it; its Clear and Load frame what happens here.
class RequestIndex {
 public:
  RequestIndex(ClaimOverlay& claims, uint64_t window_seconds)
      : claims_(claims), window_seconds_(window_seconds) {}

  // Names a request the batch will ask for; 16 bytes.
  void Expect(std::string_view request, uint64_t taken_at_seconds);
  // True when it was taken before; else it is from now on.
  bool IsRepeat(std::string_view request, uint64_t taken_at_seconds, pipeline::StageOutput& out);

 private:
  uint32_t SpanOf(uint64_t taken_at_seconds) const {
    return static_cast<uint32_t>(taken_at_seconds / window_seconds_) + 1;
  }
  void DropOldSpans(uint32_t span, pipeline::StageOutput& out);

  ClaimOverlay& claims_;
  const uint64_t window_seconds_;
};

}  // namespace sluice::clean
