// Writes into a sink as imports would, and reads what stands there, for schedules of rollbacks.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "load/rollback_job.h"
#include "load/row_writer.h"
#include "load/undo_datasets.h"
#include "tests/contract/sink_contract_fixture.h"
#include "tests/testing/reference_plan.h"
#include "tests/unit/load/rollback_model.h"

namespace sluice::load {

class RollbackWriter {
 public:
  explicit RollbackWriter(contract::SinkFixture& fixture) : fixture_(fixture) {
    const UndoDatasets datasets(sink(), {PlanOf(1)});
    for (const UndoDataset& dataset : datasets.all()) {
      datasets_[dataset.dataset.dataset.name()] = dataset.dataset;
      const absl::Status status = sink().Prepare(dataset.dataset);
      EXPECT_TRUE(status.ok()) << status;
    }
  }

  static std::shared_ptr<const plan::CompiledPlan> PlanOf(int import) {
    testing::ReferencePlanOptions options;
    options.sequence = static_cast<uint64_t>(import);
    planpb::Plan plan = testing::ReferencePlanText(options);
    plan.set_import_id(fmt::format("import{}", import));
    plan.clear_identity();
    plan.add_identity()->add_fields("external_id");
    auto compiled = plan::CompiledPlan::Compile(std::move(plan), base::HashKey{});
    EXPECT_TRUE(compiled.ok()) << compiled.status();
    return *compiled;
  }

  static const std::vector<std::string>& FieldsOf(const std::string& table) {
    static const std::vector<std::string> kContactFields = {"external_id", "name", "account_id",
                                                            "boss_id", "custom.level"};
    static const std::vector<std::string> kAccountFields = {"name", "domain", "custom.level"};
    return table == "contacts" ? kContactFields : kAccountFields;
  }

  // TEST_SLUICE_TRACE=1 tells what happens, for looking into a failure.
  static void Trace(const std::string& what) {
    static const bool traces = std::getenv("TEST_SLUICE_TRACE") != nullptr;
    if (traces) std::cout << what << "\n";
  }
  static std::string Told(const ModelWrites& writes) {
    std::string text;
    for (const auto& [name, value] : writes) text += " " + name + "=" + value.value_or("NULL");
    return text;
  }

  void Insert(const std::string& table, int64_t id, int import, const ModelWrites& writes,
              uint64_t source_row = 2) {
    Trace(fmt::format("import {}, row {} creates {} {}:{}", import, source_row, table, id,
                      Told(writes)));
    const planpb::Dataset& dataset = datasets_.at(table).dataset;
    std::vector<std::string_view> fields(static_cast<size_t>(dataset.fields_size()));
    CustomFields custom;
    std::vector<CustomToken> tokens;
    for (const auto& [name, value] : writes) {
      if (name.starts_with("custom.")) {
        custom[name.substr(7)] = *value;
        tokens.push_back({name.substr(7), *value});
        continue;
      }
      for (int i = 0; i < dataset.fields_size(); ++i) {
        if (dataset.fields(i).name() == name) fields[static_cast<size_t>(i)] = *value;
      }
    }
    NewRow row;
    row.id = id;
    row.source_row = source_row;
    row.fields = fields;
    const std::string json = RenderCustom(custom);
    row.custom = tokens;
    row.custom_json = json;
    const auto inserted = sink().Insert(datasets_.at(table), row, static_cast<uint64_t>(import));
    ASSERT_TRUE(inserted.ok()) << inserted.status();
    ASSERT_EQ(*inserted, id);
  }

  void Write(const std::string& table, int64_t id, int import, const ModelWrites& writes,
             uint64_t source_row = 3) {
    Trace(fmt::format("import {}, row {} writes {} {}:{}", import, source_row, table, id,
                      Told(writes)));
    const SinkDataset& dataset = datasets_.at(table);
    auto row = sink().ReadRow(dataset, id);
    ASSERT_TRUE(row.ok() && row->has_value()) << row.status();
    CustomFields custom;
    ASSERT_TRUE(ParseCustom((*row)->custom, custom));
    std::vector<FieldWrite> field_writes;
    for (const auto& [name, value] : writes) {
      FieldWrite& write = field_writes.emplace_back();
      write.name = name;
      write.value = value;
      for (int i = 0; i < dataset.dataset.fields_size(); ++i) {
        if (dataset.dataset.fields(i).name() == name) write.field = i;
      }
    }
    const auto written = RowWriter(sink()).Write(dataset, static_cast<uint64_t>(import), source_row,
                                                 field_writes, **row, custom);
    ASSERT_TRUE(written.ok()) << written.status();
  }

  std::map<int64_t, std::map<std::string, std::string>> RowsIn(const std::string& table) {
    std::map<int64_t, std::map<std::string, std::string>> rows;
    std::vector<std::string> fields = FieldsOf(table);
    fields.pop_back();
    std::string columns = "id";
    for (const std::string& field : fields) columns += ", " + field;
    for (const auto& row : fixture_.Rows("SELECT " + columns + ", custom FROM " + table,
                                         static_cast<int>(fields.size()) + 2)) {
      auto& values = rows[std::stoll(row[0])];
      for (size_t i = 0; i < fields.size(); ++i) {
        if (row[i + 1] != "NULL") values[fields[i]] = row[i + 1];
      }
      if (row.back() == "NULL") continue;
      CustomFields custom;
      EXPECT_TRUE(ParseCustom(row.back(), custom));
      for (const auto& [key, token] : custom) values["custom." + key] = token;
    }
    return rows;
  }

  // Rolls the import back for the first time. What was told last, by import.
  std::map<std::string, recordpb::UndoTotals> RollBack(int import) {
    controlpb::UndoOrder order;
    order.set_number(1);
    RollbackJob job(sink(), {PlanOf(import)}, order);
    std::map<std::string, recordpb::UndoTotals> totals;
    for (bool done = false; !done && !::testing::Test::HasFailure();) {
      EXPECT_TRUE(sink().Begin().ok());
      const auto step = job.Step();
      EXPECT_TRUE(step.ok()) << step.status();
      const absl::Status committed = sink().Commit();
      EXPECT_TRUE(committed.ok()) << committed;
      if (!step.ok()) break;
      for (const auto& result : step->results) totals[result.import_id()] = result.undo();
      done = step->done;
    }
    return totals;
  }

 private:
  Sink& sink() { return fixture_.sink(); }

  contract::SinkFixture& fixture_;
  std::map<std::string, SinkDataset> datasets_;
};

}  // namespace sluice::load
