#include "common/plan/assignment.h"

#include <limits>

namespace sluice::plan {

std::vector<std::optional<size_t>> BestAssignment(const std::vector<std::vector<double>>& scores) {
  std::vector<std::optional<size_t>> assigned(scores.size());
  if (scores.empty()) return assigned;
  const size_t rows = scores.size();
  const size_t real = scores[0].size();
  // Each row has a column of its own that is worth nothing: left out.
  const size_t columns = real + rows;
  const auto cost = [&](size_t row, size_t column) {
    if (column >= real) return 0.0;
    return scores[row][column] > 0 ? -scores[row][column] : 1e6;
  };
  // Successive shortest paths with potentials; index 0 is a mark.
  std::vector<double> row_potential(rows + 1);
  std::vector<double> column_potential(columns + 1);
  std::vector<size_t> row_of(columns + 1);
  std::vector<size_t> way(columns + 1);
  for (size_t row = 1; row <= rows; ++row) {
    row_of[0] = row;
    size_t at = 0;
    std::vector<double> least(columns + 1, std::numeric_limits<double>::infinity());
    std::vector<bool> used(columns + 1, false);
    do {
      used[at] = true;
      const size_t from = row_of[at];
      double delta = std::numeric_limits<double>::infinity();
      size_t next = 0;
      for (size_t j = 1; j <= columns; ++j) {
        if (used[j]) continue;
        const double reduced = cost(from - 1, j - 1) - row_potential[from] - column_potential[j];
        if (reduced < least[j]) {
          least[j] = reduced;
          way[j] = at;
        }
        if (least[j] < delta) {
          delta = least[j];
          next = j;
        }
      }
      for (size_t j = 0; j <= columns; ++j) {
        if (used[j]) {
          row_potential[row_of[j]] += delta;
          column_potential[j] -= delta;
        } else {
          least[j] -= delta;
        }
      }
      at = next;
    } while (row_of[at] != 0);
    while (at != 0) {
      row_of[at] = row_of[way[at]];
      at = way[at];
    }
  }
  for (size_t j = 1; j <= real; ++j) {
    if (row_of[j] != 0 && scores[row_of[j] - 1][j - 1] > 0) assigned[row_of[j] - 1] = j - 1;
  }
  return assigned;
}

}  // namespace sluice::plan
