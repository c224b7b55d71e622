#include "common/plan/plan_parts.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "common/base/status.h"
#include "common/plan/plan_builder.h"

namespace sluice::plan {
namespace {

bool RefersTo(const planpb::Plan& plan, const planpb::Plan& other) {
  const std::string& name = other.dataset().name();
  if (plan.dataset().name() == name) return false;
  return std::any_of(plan.references().begin(), plan.references().end(),
                     [&](const planpb::Dataset& target) { return target.name() == name; });
}

std::vector<planpb::Plan> ParentsFirst(std::vector<planpb::Plan> plans) {
  std::vector<planpb::Plan> ordered;
  while (!plans.empty()) {
    auto next = std::find_if(plans.begin(), plans.end(), [&](const planpb::Plan& plan) {
      return std::none_of(plans.begin(), plans.end(),
                          [&](const planpb::Plan& other) { return RefersTo(plan, other); });
    });
    // A circle: somebody has to be first.
    if (next == plans.end()) next = plans.begin();
    ordered.push_back(std::move(*next));
    plans.erase(next);
  }
  return ordered;
}

}  // namespace

absl::StatusOr<planpb::Plan> JoinPlans(std::vector<planpb::Plan> plans) {
  std::set<std::string> sheets;
  for (const planpb::Plan& plan : plans) {
    if (!sheets.insert(plan.source().sheet()).second) {
      return absl::InvalidArgumentError(
          fmt::format("the sheet '{}' stands twice in sheets", plan.source().sheet()));
    }
  }
  plans = ParentsFirst(std::move(plans));
  planpb::Plan joined = std::move(plans[0]);
  for (size_t i = 1; i < plans.size(); ++i) {
    planpb::Plan& part = *joined.add_parts();
    part = std::move(plans[i]);
    // Said once, by the whole.
    part.clear_sink();
    part.clear_partitions();
    part.clear_row_bytes_max();
    part.clear_whole_on_one_partition();
  }
  SLUICE_RETURN_IF_ERROR(CheckPlanSize(joined));
  return joined;
}

std::vector<const planpb::Plan*> PartsOf(const planpb::Plan& plan) {
  std::vector<const planpb::Plan*> parts = {&plan};
  for (const planpb::Plan& part : plan.parts()) parts.push_back(&part);
  return parts;
}

}  // namespace sluice::plan
