#include "common/kafka/state_changelog.h"

namespace sluice::kafka {
namespace {

constexpr char kKey = 'k';
constexpr char kDrop = 'd';

}  // namespace

ChangelogRecord EncodeChange(const stream::StateChange& change) {
  ChangelogRecord record;
  const bool drop = change.kind == stream::StateChange::Kind::kDropPrefix;
  record.key.reserve(1 + change.key.size());
  record.key.push_back(drop ? kDrop : kKey);
  record.key.append(change.key);
  if (drop) record.value = "1";
  if (change.kind == stream::StateChange::Kind::kPut) record.value = change.value;
  return record;
}

std::optional<stream::StateChange> DecodeChange(uint32_t partition, std::string_view key,
                                                std::optional<std::string_view> value) {
  if (key.empty()) return std::nullopt;
  stream::StateChange change;
  change.partition = partition;
  change.key = key.substr(1);
  if (key[0] == kDrop) {
    // The tombstone of a drop means nothing: nobody writes one.
    if (!value.has_value()) return std::nullopt;
    change.kind = stream::StateChange::Kind::kDropPrefix;
    return change;
  }
  if (key[0] != kKey) return std::nullopt;
  change.kind =
      value.has_value() ? stream::StateChange::Kind::kPut : stream::StateChange::Kind::kDelete;
  change.value = value.value_or(std::string_view());
  return change;
}

}  // namespace sluice::kafka
