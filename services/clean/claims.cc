#include "clean/claims.h"

#include <algorithm>
#include <cstring>

namespace sluice::clean {
namespace {

constexpr size_t kValueSize = 24;

void AppendBigEndian(uint64_t value, int bytes, std::string& out) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) {
    out.push_back(static_cast<char>(value >> shift));
  }
}

}  // namespace

std::string ClaimPrefix(uint64_t sequence, uint32_t round) {
  std::string prefix;
  AppendBigEndian(sequence, 8, prefix);
  AppendBigEndian(round, 4, prefix);
  return prefix;
}

std::string_view ClaimOverlay::KeyFor(uint64_t sequence, uint32_t round,
                                      std::string_view identity) {
  key_.clear();
  AppendBigEndian(sequence, 8, key_);
  AppendBigEndian(round, 4, key_);
  key_.append(identity);
  return key_;
}

void ClaimOverlay::Clear() {
  entries_.clear();
}

void ClaimOverlay::Expect(uint64_t sequence, uint32_t round, std::string_view identity) {
  KeyFor(sequence, round, identity);
  entries_.try_emplace(key_);
}

absl::Status ClaimOverlay::Load(const stream::StateReader& state, uint32_t partition) {
  std::vector<std::string_view> keys;
  keys.reserve(entries_.size());
  for (const auto& [key, entry] : entries_) keys.push_back(key);
  std::sort(keys.begin(), keys.end());
  std::vector<std::string> values;
  std::vector<bool> found;
  if (absl::Status status = state.MultiGet(partition, keys, values, found); !status.ok()) {
    return status;
  }
  for (size_t i = 0; i < keys.size(); ++i) {
    if (!found[i]) continue;
    if (values[i].size() != kValueSize) return absl::DataLossError("a claim is damaged");
    key_.assign(keys[i]);
    Entry& entry = entries_[key_];
    entry.present = true;
    entry.claim.fingerprint = base::Hash128::FromBytes(std::string_view(values[i]).substr(0, 16));
    std::memcpy(&entry.claim.row, values[i].data() + 16, 8);
  }
  return absl::OkStatus();
}

const Claim* ClaimOverlay::Find(uint64_t sequence, uint32_t round, std::string_view identity) {
  KeyFor(sequence, round, identity);
  const auto found = entries_.find(key_);
  return found != entries_.end() && found->second.present ? &found->second.claim : nullptr;
}

void ClaimOverlay::Put(uint64_t sequence, uint32_t round, std::string_view identity,
                       const Claim& claim) {
  KeyFor(sequence, round, identity);
  entries_[key_] = {claim, true, true};
}

void ClaimOverlay::Drop(uint64_t sequence, uint32_t round, pipeline::StageOutput& out) {
  const std::string prefix = ClaimPrefix(sequence, round);
  out.Change({stream::StateChange::Kind::kDropPrefix, out.partition(), prefix, {}});
  for (auto& [key, entry] : entries_) {
    if (key.starts_with(prefix)) entry = {};
  }
}

void ClaimOverlay::Write(pipeline::StageOutput& out) {
  std::vector<std::pair<std::string_view, const Entry*>> changed;
  for (const auto& [key, entry] : entries_) {
    if (entry.changed) changed.emplace_back(key, &entry);
  }
  // Ascending keys cost the memtable less.
  std::sort(changed.begin(), changed.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  char value[kValueSize];
  for (const auto& [key, entry] : changed) {
    std::memcpy(value, entry->claim.fingerprint.bytes.data(), 16);
    std::memcpy(value + 16, &entry->claim.row, 8);
    out.Change({stream::StateChange::Kind::kPut, out.partition(), key, {value, kValueSize}});
  }
}

}  // namespace sluice::clean
