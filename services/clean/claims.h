// The dedup index: the latest record of each identity in one import, round and partition. A claim
// never outlives its round. A missing claim never harms, a wrong one would lose a record.
//
// State key: import sequence (8 bytes, big-endian), round (4), identity (16).
// State value: fingerprint (16 bytes), row (8, little-endian).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "common/base/hash.h"
#include "common/pipeline/stage.h"

namespace sluice::clean {

struct Claim {
  base::Hash128 fingerprint;
  uint64_t row = 0;
};

// The prefix of all claims of an import's round.
std::string ClaimPrefix(uint64_t sequence, uint32_t round);

// The claims a batch meets: read once, changed in memory, written once. Thread-compatible.
class ClaimOverlay {
 public:
  void Clear();
  // Names an identity the batch will ask for.
  void Expect(uint64_t sequence, uint32_t round, std::string_view identity);
  absl::Status Load(const stream::StateReader& state, uint32_t partition);
  // The latest claim, or null.
  const Claim* Find(uint64_t sequence, uint32_t round, std::string_view identity);
  void Put(uint64_t sequence, uint32_t round, std::string_view identity, const Claim& claim);
  // The round is over: its claims go, in the state and here.
  void Drop(uint64_t sequence, uint32_t round, pipeline::StageOutput& out);
  void Write(pipeline::StageOutput& out);

 private:
  struct Key {
    uint64_t sequence = 0;
    uint32_t round = 0;
    base::Hash128 identity;

    friend bool operator==(const Key&, const Key&) = default;
    // In the order of the state's keys.
    friend auto operator<=>(const Key&, const Key&) = default;
  };
  // Identities are keyed hashes already.
  struct KeyHash {
    size_t operator()(const Key& key) const;
  };
  struct Entry {
    Claim claim;
    bool present = false;
    bool changed = false;
  };

  static Key KeyFor(uint64_t sequence, uint32_t round, std::string_view identity) {
    return {sequence, round, base::Hash128::FromBytes(identity)};
  }

  absl::flat_hash_map<Key, Entry, KeyHash> entries_;
};

}  // namespace sluice::clean
