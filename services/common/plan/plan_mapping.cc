#include "common/plan/plan_mapping.h"

#include <algorithm>

#include "common/plan/dataset.h"
#include "common/plan/plan_parts.h"

namespace sluice::plan {
namespace {

MappedColumn ColumnOf(const planpb::ColumnMapping& planned, const planpb::Source& source) {
  MappedColumn column;
  for (const uint32_t from : planned.from()) {
    column.from.push_back(source.columns(static_cast<int>(from)));
  }
  if (!planned.constant().empty()) column.constant = planned.constant();
  column.to = planned.to();
  column.region = planned.region();
  column.values.insert(planned.values().begin(), planned.values().end());
  column.unknown = planned.unknown();
  column.default_value = planned.default_value();
  column.on_unfit = planned.on_unfit();
  if (planned.has_join()) column.join = planned.join();
  if (planned.has_part()) column.part = planned.part();
  column.expression = planned.expression();
  column.write = planned.write();
  column.blank = planned.blank();
  column.dates = planned.dates();
  column.match.assign(planned.match().begin(), planned.match().end());
  column.create = planned.create();
  return column;
}

// As the plan builder adds it: nothing but columns, those of the field it follows from.
bool IsDerived(const planpb::ColumnMapping& column, const planpb::Plan& plan) {
  const auto field = FieldIndex(plan.dataset(), column.to());
  if (!field.has_value()) return false;
  const std::string& origin = plan.dataset().fields(static_cast<int>(*field)).derived_from();
  if (origin.empty()) return false;
  planpb::ColumnMapping plain;
  *plain.mutable_from() = column.from();
  plain.set_to(column.to());
  plain.set_dates(column.dates());
  if (plain.SerializeAsString() != column.SerializeAsString()) return false;
  const auto feeds = std::find_if(plan.columns().begin(), plan.columns().end(),
                                  [&](const auto& other) { return other.to() == origin; });
  return feeds != plan.columns().end() && std::equal(feeds->from().begin(), feeds->from().end(),
                                                     column.from().begin(), column.from().end());
}

MappingFile MappingOfPart(const planpb::Plan& plan, const std::string& origin) {
  MappingFile mapping;
  mapping.origin = origin;
  mapping.dataset = plan.dataset().name();
  // Whoever has said it: a plan does not tell.
  mapping.region = plan.dataset().region();
  for (const planpb::ColumnMapping& planned : plan.columns()) {
    if (IsDerived(planned, plan)) continue;
    MappedColumn column = ColumnOf(planned, plan.source());
    column.place = column.to;
    mapping.columns.push_back(std::move(column));
  }
  const bool own_identity =
      !std::equal(plan.identity().begin(), plan.identity().end(), plan.dataset().identity().begin(),
                  plan.dataset().identity().end(), [](const auto& one, const auto& other) {
                    return one.SerializeAsString() == other.SerializeAsString();
                  });
  for (const planpb::IdentityRule& rule : plan.identity()) {
    if (!own_identity) break;
    mapping.identity.emplace_back(rule.fields().begin(), rule.fields().end());
  }
  mapping.on_duplicate = plan.on_duplicate();
  mapping.in_file = plan.in_file();
  mapping.skip_when_blank.assign(plan.skip_when().blank().begin(), plan.skip_when().blank().end());
  mapping.repairs_off.assign(plan.repairs_off().begin(), plan.repairs_off().end());
  mapping.unmapped_to_custom = plan.unmapped_to_custom();
  mapping.blank = plan.blank();
  return mapping;
}

}  // namespace

MappingFile MappingOf(const planpb::Plan& plan, const std::string& origin) {
  if (plan.parts().empty()) return MappingOfPart(plan, origin);
  MappingFile mapping;
  mapping.origin = origin;
  for (const planpb::Plan* const part : PartsOf(plan)) {
    mapping.sheets.push_back(MappingOfPart(*part, origin));
    mapping.sheets.back().sheet = part->source().sheet();
  }
  return mapping;
}

}  // namespace sluice::plan
