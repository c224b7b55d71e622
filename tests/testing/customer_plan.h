// A small dataset of customers for tests of load: text fields only, so that values reach the sink
// as a test writes them, and mapped records made of them.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/plan/compiled_plan.h"
#include "common/record/mapped_record.h"
#include "load/sink.h"

namespace sluice::testing {

namespace planpb = ::sluice::plan::v1;

// The fields of the dataset, in order.
enum CustomerField : uint32_t { kExternalId, kName, kContactName, kPhone, kEmail, kNote };
inline const std::vector<std::string> kCustomerFields = {"external_id", "name",  "contact_name",
                                                         "phone",       "email", "note"};

using RuleNames = std::vector<std::vector<std::string>>;

inline const RuleNames kCustomerRules = {
    {"external_id"}, {"email", "name"}, {"phone", "name"}, {"name", "contact_name"}};

inline planpb::Dataset CustomerDataset(const std::vector<std::string>& fields = kCustomerFields) {
  planpb::Dataset dataset;
  dataset.set_name("customers");
  for (const std::string& name : fields) {
    planpb::Field& field = *dataset.add_fields();
    field.set_name(name);
    field.set_type(planpb::FIELD_TYPE_TEXT);
    field.set_required(name == "name");
  }
  return dataset;
}

struct CustomerPlanOptions {
  std::string import_id = "01hzzzzzzzzzzzzzzzzzzzzzzz";
  uint64_t sequence = 1;
  RuleNames identity = kCustomerRules;
  planpb::OnDuplicate on_duplicate = planpb::ON_DUPLICATE_UPDATE;
  planpb::InFile in_file = planpb::IN_FILE_MERGE;
  // By target; the others are overwritten, and keep what is there where a cell is blank.
  std::map<std::string, planpb::WritePolicy> write;
  std::set<std::string> clears;
  // Field whose values no two rows may share; empty = none.
  std::string unique;
};

// A plan with one column a field, and one for custom.level.
inline std::shared_ptr<const plan::CompiledPlan> CustomerPlan(const CustomerPlanOptions& options) {
  planpb::Plan plan;
  plan.set_import_id(options.import_id);
  plan.set_revision(1);
  plan.set_sequence(options.sequence);
  *plan.mutable_dataset() = CustomerDataset();
  plan.mutable_source()->set_format("delimited");
  plan.set_on_duplicate(options.on_duplicate);
  plan.set_in_file(options.in_file);
  plan.set_whole_on_one_partition(true);
  for (planpb::Field& field : *plan.mutable_dataset()->mutable_fields()) {
    field.set_unique(field.name() == options.unique);
    planpb::ColumnMapping& column = *plan.add_columns();
    column.add_from(static_cast<uint32_t>(plan.source().columns_size()));
    column.set_to(field.name());
    plan.mutable_source()->add_columns(field.name());
  }
  planpb::ColumnMapping& level = *plan.add_columns();
  level.add_from(static_cast<uint32_t>(plan.source().columns_size()));
  level.set_to("custom.level");
  plan.mutable_source()->add_columns("level");
  for (planpb::ColumnMapping& column : *plan.mutable_columns()) {
    const auto write = options.write.find(column.to());
    if (write != options.write.end()) column.set_write(write->second);
    if (options.clears.contains(column.to())) column.set_blank(planpb::BLANK_POLICY_CLEAR);
  }
  for (const auto& rule : options.identity) {
    planpb::IdentityRule& added = *plan.add_identity();
    for (const std::string& field : rule) added.add_fields(field);
  }
  auto compiled = plan::CompiledPlan::Compile(std::move(plan), base::HashKey{});
  EXPECT_TRUE(compiled.ok()) << compiled.status();
  return compiled.ok() ? *compiled : nullptr;
}

// The dataset as a sink prepares it.
inline load::SinkDataset CustomerSinkDataset(
    const RuleNames& rules = kCustomerRules,
    const std::vector<std::string>& names = kCustomerFields) {
  load::SinkDataset dataset;
  dataset.dataset = CustomerDataset(names);
  for (const auto& rule : rules) {
    load::KeyRule& added = dataset.rules.emplace_back();
    for (const std::string& field : rule) {
      for (uint32_t i = 0; i < names.size(); ++i) {
        if (names[i] == field) added.fields.push_back(i);
      }
    }
  }
  return dataset;
}

}  // namespace sluice::testing
