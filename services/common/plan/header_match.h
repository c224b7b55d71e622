// Which column a name means: compared without case, spaces, punctuation and what stands in
// brackets.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::plan {

// The form in which headers are compared.
std::string HeaderKey(std::string_view header);

// The column a mapping means by `name`: the exact header, else one with the same HeaderKey when
// there is only one.
std::optional<uint32_t> FindColumn(const std::vector<std::string>& headers, std::string_view name);

}  // namespace sluice::plan
