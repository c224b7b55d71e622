#include "load/match_key.h"

#include <algorithm>

#include "common/base/wire.h"

namespace sluice::load {

std::string RuleName(const planpb::Dataset& dataset, const KeyRule& rule) {
  std::string name;
  for (const uint32_t field : rule.fields) {
    if (!name.empty()) name += ",";
    name += dataset.fields(static_cast<int>(field)).name();
  }
  return name;
}

std::optional<KeyRule> RuleByName(const planpb::Dataset& dataset, std::string_view name) {
  KeyRule rule;
  for (size_t at = 0; at <= name.size();) {
    const size_t comma = std::min(name.find(',', at), name.size());
    const std::string_view field = name.substr(at, comma - at);
    at = comma + 1;
    const auto& fields = dataset.fields();
    const auto found = std::find_if(fields.begin(), fields.end(),
                                    [&](const auto& known) { return known.name() == field; });
    if (found == fields.end()) return std::nullopt;
    rule.fields.push_back(static_cast<uint32_t>(found - fields.begin()));
  }
  return rule;
}

uint64_t MatchKeyHash(const base::HashKey& key, const planpb::Dataset& dataset, const KeyRule& rule,
                      std::span<const std::string_view> values, std::string& buffer) {
  buffer.clear();
  base::WireWriter out(buffer);
  for (size_t i = 0; i < values.size(); ++i) {
    const std::string& name = dataset.fields(static_cast<int>(rule.fields[i])).name();
    out.RawVarint(name.size());
    buffer += name;
    out.RawVarint(values[i].size());
    buffer += values[i];
  }
  return base::KeyedHash64(key, buffer);
}

}  // namespace sluice::load
