// The keys by which sink rows are found: their names, and the hash that the indexes hold.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "common/base/hash.h"
#include "load/sink_view.h"

namespace sluice::load {

// The rule's fields, with commas: how a sink remembers a rule.
std::string RuleName(const planpb::Dataset& dataset, const KeyRule& rule);

// The rule of this name; nothing when the dataset lacks one of its fields.
std::optional<KeyRule> RuleByName(const planpb::Dataset& dataset, std::string_view name);

// Hash of a key: the rule's fields by name, so that the place of a field in the dataset does not
// matter, with their values. Hits are candidates. `buffer` is scratch.
uint64_t MatchKeyHash(const base::HashKey& key, const planpb::Dataset& dataset, const KeyRule& rule,
                      std::span<const std::string_view> values, std::string& buffer);

}  // namespace sluice::load
