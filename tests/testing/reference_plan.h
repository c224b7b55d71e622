// Contacts that refer to accounts and to each other, for tests of references.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/plan/compiled_plan.h"
#include "common/record/mapped_record.h"

namespace sluice::testing {

namespace planpb = ::sluice::plan::v1;

enum ContactField : uint32_t { kContactId, kContact, kAccount, kBoss };

struct ReferencePlanOptions {
  uint64_t sequence = 1;
  planpb::OnDuplicate on_duplicate = planpb::ON_DUPLICATE_UPDATE;
  planpb::ReferenceCreate create = planpb::REFERENCE_CREATE_ONCE;
  std::vector<std::string> match = {"external_id", "domain", "name"};
};

inline void AddField(planpb::Dataset& dataset, const std::string& name, planpb::FieldType type,
                     const std::string& reference = {}) {
  planpb::Field& field = *dataset.add_fields();
  field.set_name(name);
  field.set_type(type);
  field.set_required(name == "name");
  field.set_reference(reference);
  field.set_on_unfit(planpb::ON_UNFIT_KEEP);
}

inline planpb::Dataset AccountDataset() {
  planpb::Dataset dataset;
  dataset.set_name("accounts");
  AddField(dataset, "external_id", planpb::FIELD_TYPE_TEXT);
  AddField(dataset, "name", planpb::FIELD_TYPE_TEXT);
  AddField(dataset, "domain", planpb::FIELD_TYPE_DOMAIN);
  return dataset;
}

inline planpb::Dataset ContactDataset() {
  planpb::Dataset dataset;
  dataset.set_name("contacts");
  AddField(dataset, "external_id", planpb::FIELD_TYPE_TEXT);
  AddField(dataset, "name", planpb::FIELD_TYPE_TEXT);
  AddField(dataset, "account", planpb::FIELD_TYPE_REFERENCE, "accounts");
  AddField(dataset, "boss", planpb::FIELD_TYPE_REFERENCE, "contacts");
  return dataset;
}

// A plan for contacts with one column a field.
inline planpb::Plan ReferencePlanText(const ReferencePlanOptions& options) {
  planpb::Plan plan;
  plan.set_import_id("01hzzzzzzzzzzzzzzzzzzzzzzz");
  plan.set_revision(1);
  plan.set_sequence(options.sequence);
  *plan.mutable_dataset() = ContactDataset();
  *plan.add_references() = AccountDataset();
  *plan.add_references() = ContactDataset();
  plan.mutable_source()->set_format("delimited");
  plan.set_on_duplicate(options.on_duplicate);
  plan.set_in_file(planpb::IN_FILE_MERGE);
  plan.set_whole_on_one_partition(true);
  for (const planpb::Field& field : plan.dataset().fields()) {
    planpb::ColumnMapping& column = *plan.add_columns();
    column.add_from(static_cast<uint32_t>(plan.source().columns_size()));
    column.set_to(field.name());
    if (field.name() == "account") {
      for (const std::string& key : options.match) column.add_match(key);
      column.set_create(options.create);
    }
    if (field.name() == "boss") column.add_match("name");
    plan.mutable_source()->add_columns(field.name());
  }
  plan.add_identity()->add_fields("external_id");
  plan.add_identity()->add_fields("name");
  return plan;
}

inline std::shared_ptr<const plan::CompiledPlan> ReferencePlan(
    const ReferencePlanOptions& options = {}) {
  auto compiled = plan::CompiledPlan::Compile(ReferencePlanText(options), base::HashKey{});
  EXPECT_TRUE(compiled.ok()) << compiled.status();
  return compiled.ok() ? *compiled : nullptr;
}

struct ContactRecord {
  // By ContactField; blank = absent.
  std::vector<std::string> values;
  uint64_t ordinal = 0;

  record::MappedRecordView view() const {
    record::MappedRecordView view;
    view.header.ordinal = ordinal;
    view.header.row = ordinal + 2;
    for (uint32_t i = 0; i < values.size(); ++i) {
      if (!values[i].empty()) view.fields.push_back({i, values[i]});
    }
    return view;
  }
};

}  // namespace sluice::testing
