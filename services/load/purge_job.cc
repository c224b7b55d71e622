#include "load/purge_job.h"

#include <algorithm>

#include "common/base/status.h"

namespace sluice::load {
namespace {

// Most imports into other sinks have left nothing here: each costs some look-ups all the same.
constexpr int kImportsMax = 200;

bool Holds(const google::protobuf::RepeatedField<uint64_t>& sequences, uint64_t sequence) {
  return std::binary_search(sequences.begin(), sequences.end(), sequence);
}

void Erase(google::protobuf::RepeatedField<uint64_t>& sequences, uint64_t sequence) {
  sequences.erase(std::remove(sequences.begin(), sequences.end(), sequence), sequences.end());
}

}  // namespace

uint64_t PurgeJob::Next(storage::v1::PurgeState& state) const {
  for (const uint64_t sequence : state.except()) {
    if (sequence < window_.below() && !Holds(window_.except(), sequence)) return sequence;
  }
  while (state.below() < window_.below()) {
    if (!Holds(window_.except(), state.below())) return state.below();
    state.add_except(state.below());
    state.set_below(state.below() + 1);
  }
  return 0;
}

absl::StatusOr<bool> PurgeJob::Step() {
  storage::v1::PurgeState state;
  SLUICE_ASSIGN_OR_RETURN(const std::string bytes, sink_.ReadUndo(kPurgeKey));
  if (!state.ParseFromString(bytes)) {
    return absl::DataLossError("the state of the journal's purge is damaged");
  }
  if (state.below() == 0) state.set_below(1);
  size_t removed = 0;
  uint64_t sequence = Next(state);
  for (int imports = 0; sequence != 0 && imports < kImportsMax && removed < entries_; ++imports) {
    while (removed < entries_) {
      SLUICE_ASSIGN_OR_RETURN(const size_t some, sink_.PurgeImport(sequence, entries_ - removed));
      removed += some;
      if (some > 0) continue;
      Erase(*state.mutable_except(), sequence);
      state.set_below(std::max(state.below(), sequence + 1));
      sequence = Next(state);
      break;
    }
  }
  const std::string after = state.SerializeAsString();
  if (after != bytes) SLUICE_RETURN_IF_ERROR(sink_.WriteUndo(kPurgeKey, after));
  return sequence == 0;
}

}  // namespace sluice::load
