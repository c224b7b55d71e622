#include "clean/claims.h"

#include <algorithm>
#include <cstring>

namespace sluice::clean {
namespace {

constexpr size_t kKeySize = 28;
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

size_t ClaimOverlay::KeyHash::operator()(const Key& key) const {
  uint64_t head = 0;
  std::memcpy(&head, key.identity.bytes.data(), sizeof(head));
  return head ^ (key.sequence * 0x9e3779b97f4a7c15ULL + key.round);
}

void ClaimOverlay::Clear() {
  entries_.clear();
}

void ClaimOverlay::Expect(uint64_t sequence, uint32_t round, std::string_view identity) {
  entries_.try_emplace(KeyFor(sequence, round, identity));
}

absl::Status ClaimOverlay::Load(const stream::StateReader& state, uint32_t partition) {
  std::vector<std::pair<Key, Entry*>> wanted;
  wanted.reserve(entries_.size());
  for (auto& [key, entry] : entries_) wanted.emplace_back(key, &entry);
  std::sort(wanted.begin(), wanted.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  std::string bytes;
  bytes.reserve(wanted.size() * kKeySize);
  for (const auto& [key, entry] : wanted) {
    bytes += ClaimPrefix(key.sequence, key.round);
    bytes += key.identity.view();
  }
  std::vector<std::string_view> keys;
  keys.reserve(wanted.size());
  for (size_t i = 0; i < wanted.size(); ++i) {
    keys.push_back(std::string_view(bytes).substr(i * kKeySize, kKeySize));
  }
  std::vector<std::string> values;
  std::vector<bool> found;
  if (absl::Status status = state.MultiGet(partition, keys, values, found); !status.ok()) {
    return status;
  }
  for (size_t i = 0; i < wanted.size(); ++i) {
    if (!found[i]) continue;
    if (values[i].size() != kValueSize) return absl::DataLossError("a claim is damaged");
    Entry& entry = *wanted[i].second;
    entry.present = true;
    entry.claim.fingerprint = base::Hash128::FromBytes(std::string_view(values[i]).substr(0, 16));
    std::memcpy(&entry.claim.row, values[i].data() + 16, 8);
  }
  return absl::OkStatus();
}

const Claim* ClaimOverlay::Find(uint64_t sequence, uint32_t round, std::string_view identity) {
  const auto found = entries_.find(KeyFor(sequence, round, identity));
  return found != entries_.end() && found->second.present ? &found->second.claim : nullptr;
}

void ClaimOverlay::Put(uint64_t sequence, uint32_t round, std::string_view identity,
                       const Claim& claim) {
  entries_[KeyFor(sequence, round, identity)] = {claim, true, true};
}

void ClaimOverlay::Drop(uint64_t sequence, uint32_t round, pipeline::StageOutput& out) {
  out.Change(
      {stream::StateChange::Kind::kDropPrefix, out.partition(), ClaimPrefix(sequence, round), {}});
  for (auto& [key, entry] : entries_) {
    if (key.sequence == sequence && key.round == round) entry = {};
  }
}

void ClaimOverlay::Write(pipeline::StageOutput& out) {
  std::vector<std::pair<Key, const Entry*>> changed;
  for (const auto& [key, entry] : entries_) {
    if (entry.changed) changed.emplace_back(key, &entry);
  }
  // Ascending keys cost the memtable less.
  std::sort(changed.begin(), changed.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  std::string key_bytes;
  char value[kValueSize];
  for (const auto& [key, entry] : changed) {
    key_bytes = ClaimPrefix(key.sequence, key.round);
    key_bytes += key.identity.view();
    std::memcpy(value, entry->claim.fingerprint.bytes.data(), 16);
    std::memcpy(value + 16, &entry->claim.row, 8);
    out.Change({stream::StateChange::Kind::kPut, out.partition(), key_bytes, {value, kValueSize}});
  }
}

}  // namespace sluice::clean
