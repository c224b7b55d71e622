#include "cli/sheet_columns.h"

#include <algorithm>
#include <map>

#include "cli/listed_rows.h"
#include "common/plan/plan_parts.h"

namespace sluice::cli {
namespace {

constexpr size_t kNowhere = SIZE_MAX;

}  // namespace

SheetColumns::SheetColumns(const control::planpb::Plan& plan) {
  std::map<std::string_view, size_t> place_of;
  for (const control::planpb::Plan* const part : plan::PartsOf(plan)) {
    std::vector<size_t>& places = places_.emplace_back();
    const std::vector<bool> given_back = GivenBackColumns(*part);
    for (size_t i = 0; i < given_back.size(); ++i) {
      places.push_back(kNowhere);
      if (!given_back[i]) continue;
      const std::string& name = part->source().columns(static_cast<int>(i));
      const auto [known, fresh] = place_of.emplace(name, names_.size());
      if (fresh) names_.push_back(name);
      places.back() = known->second;
    }
    sheets_.push_back(part->source().sheet());
  }
}

void SheetColumns::Append(uint32_t part, const formats::RowView& row,
                          std::vector<std::optional<std::string>>& values) const {
  const size_t first = values.size();
  values.resize(first + names_.size());
  const std::vector<size_t>& places = places_[part];
  for (size_t i = 0; i < std::min(places.size(), row.cells.size()); ++i) {
    if (places[i] != kNowhere) values[first + places[i]] = std::string(row.cells[i]);
  }
}

}  // namespace sluice::cli
