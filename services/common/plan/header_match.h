// Which column is which field, by its header alone: label, name or alias, compared without case,
// spaces, punctuation and what stands in brackets. A header that fits nothing maps to nothing.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/plan/dataset.h"

namespace sluice::plan {

// The form in which headers are compared.
std::string HeaderKey(std::string_view header);

// For each header the field it names, one-to-one: a field goes to the header that fits it best
// (name or label before alias, left before right).
std::vector<std::optional<uint32_t>> MatchHeaders(const std::vector<std::string>& headers,
                                                  const planpb::Dataset& dataset);

// The column a mapping means by `name`: the exact header, else one with the same HeaderKey when
// there is only one.
std::optional<uint32_t> FindColumn(const std::vector<std::string>& headers, std::string_view name);

}  // namespace sluice::plan
