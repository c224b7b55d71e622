// Random schedules of imports, hand edits and rollbacks against the model (rollback_model.h): the
// rows of the sink after every rollback, and what it counted.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <functional>
#include <iostream>
#include <memory>
#include <random>

#include "load/rollback_job.h"
#include "load/row_writer.h"
#include "tests/contract/sink_contract_fixture.h"
#include "tests/testing/reference_plan.h"
#include "tests/unit/load/rollback_model.h"

namespace sluice::load {

// One sink and what the model says about it.
class RollbackSequence {
 public:
  RollbackSequence(uint64_t seed, std::unique_ptr<contract::SinkFixture> fixture)
      : random_(seed), fixture_(std::move(fixture)) {
    const UndoDatasets datasets(sink(), {PlanOf(1)});
    for (const UndoDataset& dataset : datasets.all()) {
      datasets_[dataset.dataset.dataset.name()] = dataset.dataset;
      const absl::Status status = sink().Prepare(dataset.dataset);
      EXPECT_TRUE(status.ok()) << status;
    }
  }

  void Run() {
    const int steps = 4 + Below(14);
    for (int i = 0; i < steps && !::testing::Test::HasFailure(); ++i) {
      const int what = Below(10);
      if (what < 5) {
        Import();
      } else if (what < 8) {
        EditByHand();
      } else {
        UndoOne();
      }
    }
    while (OneIn(2) && !::testing::Test::HasFailure()) UndoOne();
  }

 private:
  static constexpr int kImports = 4;

  int Below(int n) { return static_cast<int>(random_() % static_cast<uint64_t>(n)); }
  bool OneIn(int n) { return Below(n) == 0; }
  Sink& sink() { return fixture_->sink(); }

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

  // Rows that are there.
  std::vector<int64_t> RowsOf(const std::string& table) {
    std::vector<int64_t> ids;
    for (const auto& [id, row] : model_.table(table)) {
      if (row.exists) ids.push_back(id);
    }
    return ids;
  }

  ModelValue RandomRow(const std::string& table) {
    const std::vector<int64_t> ids = RowsOf(table);
    if (ids.empty() || OneIn(3)) return std::nullopt;
    return std::to_string(ids[static_cast<size_t>(Below(static_cast<int>(ids.size())))]);
  }

  ModelValue Value(const std::string& field) {
    if (field == "account_id") return RandomRow("accounts");
    if (field == "boss_id") return RandomRow("contacts");
    if (field == "custom.level") return OneIn(3) ? ModelValue() : OneIn(2) ? "\"A\"" : "[1, 2]";
    if (field == "external_id") {
      return OneIn(2) ? ModelValue() : fmt::format("e{}", Below(4));
    }
    return OneIn(5) ? ModelValue() : fmt::format("v{}", Below(3));
  }

  static const std::vector<std::string>& FieldsOf(const std::string& table) {
    static const std::vector<std::string> kContactFields = {"external_id", "name", "account_id",
                                                            "boss_id", "custom.level"};
    static const std::vector<std::string> kAccountFields = {"name", "domain", "custom.level"};
    return table == "contacts" ? kContactFields : kAccountFields;
  }

  bool IsHeld(const std::string& key) {
    for (const auto& [id, row] : model_.Rows("contacts")) {
      const auto held = row.find("external_id");
      if (held != row.end() && held->second == key) return true;
    }
    return false;
  }

  // Fields with values other than the row's. An import takes no key that another row has.
  ModelWrites RandomWrites(const std::string& table, const ModelUndoRow* row) {
    ModelWrites writes;
    for (const std::string& field : FieldsOf(table)) {
      if (OneIn(2)) continue;
      const ModelValue value = Value(field);
      ModelValue now;
      if (row != nullptr && row->fields.contains(field)) now = row->fields.at(field).value();
      if (value == now) continue;
      if (field == "external_id" && value.has_value() && IsHeld(*value)) continue;
      writes[field] = value;
    }
    return writes;
  }

  void Import() {
    const int import = 1 + Below(kImports);
    if (undone_[import] > 0) return;
    const std::string table = OneIn(3) ? "accounts" : "contacts";
    ASSERT_TRUE(sink().Begin().ok());
    const std::vector<int64_t> ids = RowsOf(table);
    if (ids.empty() || OneIn(3)) {
      const auto id = RowIdFor(static_cast<uint64_t>(import), ordinals_[import]++);
      ModelWrites writes = RandomWrites(table, nullptr);
      std::erase_if(writes, [](const auto& write) { return !write.second.has_value(); });
      // Every dataset requires it.
      writes.try_emplace("name", "new");
      // Some are put where another import's ids are.
      Insert(table, OneIn(8) ? id + (int64_t{40} << 32) : id, import, writes);
    } else {
      const int64_t id = ids[static_cast<size_t>(Below(static_cast<int>(ids.size())))];
      const ModelWrites writes = RandomWrites(table, &model_.table(table).at(id));
      if (!writes.empty()) Write(table, id, import, writes);
    }
    const absl::Status committed = sink().Commit();
    ASSERT_TRUE(committed.ok()) << committed;
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

  void Insert(const std::string& table, int64_t id, int import, const ModelWrites& writes) {
    Trace(fmt::format("import {} creates {} {}:{}", import, table, id, Told(writes)));
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
    row.source_row = 2;
    row.fields = fields;
    const std::string json = RenderCustom(custom);
    row.custom = tokens;
    row.custom_json = json;
    const auto inserted = sink().Insert(datasets_.at(table), row, static_cast<uint64_t>(import));
    ASSERT_TRUE(inserted.ok()) << inserted.status();
    ASSERT_EQ(*inserted, id);
    model_.Create(table, id, import, writes);
  }

  void Write(const std::string& table, int64_t id, int import, const ModelWrites& writes) {
    Trace(fmt::format("import {} writes {} {}:{}", import, table, id, Told(writes)));
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
    const auto written = RowWriter(sink()).Write(dataset, static_cast<uint64_t>(import), 3,
                                                 field_writes, **row, custom);
    ASSERT_TRUE(written.ok()) << written.status();
    model_.Write(table, id, import, writes);
  }

  static std::string Quoted(const ModelValue& value) {
    return value.has_value() ? "'" + *value + "'" : "NULL";
  }

  void EditByHand() {
    const std::string table = OneIn(3) ? "accounts" : "contacts";
    const std::vector<int64_t> ids = RowsOf(table);
    if (ids.empty() || OneIn(6)) {
      const int64_t id = ++hand_ids_;
      fixture_->Execute(fmt::format("INSERT INTO {}(id, name) VALUES({}, 'hand')", table, id));
      model_.Create(table, id, 0, {{"name", "hand"}});
      return;
    }
    const int64_t id = ids[static_cast<size_t>(Below(static_cast<int>(ids.size())))];
    if (OneIn(8)) {
      Trace(fmt::format("by hand {} {} is deleted", table, id));
      fixture_->Execute(fmt::format("DELETE FROM {} WHERE id = {}", table, id));
      model_.Delete(table, id);
      return;
    }
    const auto& fields = FieldsOf(table);
    const std::string& field = fields[static_cast<size_t>(Below(static_cast<int>(fields.size())))];
    const ModelValue value = Value(field);
    Trace(fmt::format("by hand {} {}:{}", table, id, Told({{field, value}})));
    if (field == "custom.level") {
      fixture_->Execute(fmt::format(
          "UPDATE {} SET custom = {} WHERE id = {}", table,
          value.has_value() ? "'{\"level\":" + *value + "}'" : std::string("NULL"), id));
    } else {
      fixture_->Execute(
          fmt::format("UPDATE {} SET {} = {} WHERE id = {}", table, field, Quoted(value), id));
    }
    model_.Edit(table, id, field, value);
  }

  void UndoOne() {
    const int import = 1 + Below(kImports);
    controlpb::UndoOrder order;
    order.set_number(static_cast<uint32_t>(++undone_[import]));
    ModelFilter filter;
    filter.added_only = OneIn(6);
    filter.updated_only = !filter.added_only && OneIn(6);
    order.set_added_only(filter.added_only);
    order.set_updated_only(filter.updated_only);
    const auto chunk = static_cast<size_t>(OneIn(2) ? 1 + Below(3) : 100);
    Trace(fmt::format("undo {}{}{}, chunks of {}", import, filter.added_only ? " added" : "",
                      filter.updated_only ? " updated" : "", chunk));
    model_.Undo(import, filter, chunk);
    RollbackJob job(sink(), {PlanOf(import)}, order, chunk);
    for (bool done = false; !done;) {
      if (OneIn(6)) {
        // Killed before its commit.
        ASSERT_TRUE(sink().Begin().ok());
        ASSERT_TRUE(job.Step().ok());
        sink().Abort();
      }
      ASSERT_TRUE(sink().Begin().ok());
      const auto step = job.Step();
      ASSERT_TRUE(step.ok()) << step.status();
      const absl::Status committed = sink().Commit();
      ASSERT_TRUE(committed.ok()) << committed;
      for (const auto& result : step->results) totals_[result.import_id()] = result.undo();
      done = step->done;
    }
    Check(import);
  }

  void Check(int import) {
    for (const std::string table : {"contacts", "accounts"}) {
      EXPECT_EQ(RowsIn(table), model_.Rows(table)) << table << " after import " << import;
    }
    for (int i = 1; i <= kImports; ++i) {
      const recordpb::UndoTotals& totals = totals_[fmt::format("import{}", i)];
      const ModelCounts& counts = model_.counts(i);
      const auto count = [&](const std::string& name) {
        const auto found = counts.find(name);
        return found == counts.end() ? 0 : found->second;
      };
      EXPECT_EQ(totals.removed(), count("removed")) << "import " << i;
      EXPECT_EQ(totals.gone(), count("gone")) << "import " << i;
      EXPECT_EQ(totals.restored() + totals.superseded() + totals.partly() + totals.kept(),
                count("tried") + count("kept"))
          << "import " << i;
    }
  }

  std::map<int64_t, std::map<std::string, std::string>> RowsIn(const std::string& table) {
    std::map<int64_t, std::map<std::string, std::string>> rows;
    std::vector<std::string> fields = FieldsOf(table);
    fields.pop_back();
    std::string columns = "id";
    for (const std::string& field : fields) columns += ", " + field;
    for (const auto& row : fixture_->Rows("SELECT " + columns + ", custom FROM " + table,
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

  std::mt19937_64 random_;
  std::unique_ptr<contract::SinkFixture> fixture_;
  std::map<std::string, SinkDataset> datasets_;
  RollbackModel model_;
  std::map<int, uint64_t> ordinals_;
  std::map<int, int> undone_;
  std::map<std::string, recordpb::UndoTotals> totals_;
  int64_t hand_ids_ = 0;
};

// Runs schedules one after another until one fails.
inline void RunRollbackSequences(
    int count, const std::function<std::unique_ptr<contract::SinkFixture>(uint64_t)>& fixture) {
  const char* const given = std::getenv("TEST_SLUICE_SEED");
  const uint64_t seed = given == nullptr ? 20261123 : std::strtoull(given, nullptr, 10);
  for (int i = 0; i < count; ++i) {
    const uint64_t own_seed = seed + static_cast<uint64_t>(i);
    SCOPED_TRACE(fmt::format("TEST_SLUICE_SEED={} fails at its first schedule", own_seed));
    RollbackSequence(own_seed, fixture(own_seed)).Run();
    if (::testing::Test::HasFailure()) return;
  }
}

}  // namespace sluice::load
