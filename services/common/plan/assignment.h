// One-to-one assignment of the greatest total (Kuhn, Munkres).
#pragma once

#include <optional>
#include <vector>

namespace sluice::plan {

// `scores[i][j]`: what it is worth that row i gets column j; 0 or less = never. For each row its
// column. All rows have the same size. O(rows² × columns).
std::vector<std::optional<size_t>> BestAssignment(const std::vector<std::vector<double>>& scores);

}  // namespace sluice::plan
