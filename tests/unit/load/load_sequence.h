// Random imports and hand edits against the model: the rows of the sink, the outcome of every
// record, and what the journal says about how to go back.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <functional>
#include <iostream>
#include <memory>
#include <random>

#include "common/plan/issue.h"
#include "load/import_loader.h"
#include "tests/contract/sink_contract_fixture.h"
#include "tests/testing/customer_plan.h"
#include "tests/unit/load/customer_model.h"
#include "tests/unit/load/preview_load.h"

namespace sluice::load {

using testing::kCustomerFields;

inline uint64_t ModelSeed() {
  const char* given = std::getenv("TEST_SLUICE_SEED");
  return given == nullptr ? 20260601 : std::strtoull(given, nullptr, 10);
}

// One sink, what the model says about it, and a program that edits by hand.
class Sequence {
 public:
  Sequence(uint64_t seed, std::unique_ptr<contract::SinkFixture> fixture)
      : random_(seed), fixture_(std::move(fixture)) {
    const absl::Status status = sink().Prepare(testing::CustomerSinkDataset());
    EXPECT_TRUE(status.ok()) << status;
  }

  void Run() {
    const int steps = 2 + Below(4);
    for (int i = 0; i < steps && !::testing::Test::HasFailure(); ++i) {
      if (i > 0 && Below(5) < 2) {
        for (int edits = 1 + Below(3); edits > 0; --edits) EditByHand();
      } else {
        Import();
      }
    }
  }

 private:
  int Below(int n) { return static_cast<int>(random_() % static_cast<uint64_t>(n)); }
  bool OneIn(int n) { return Below(n) == 0; }

  std::string Value(size_t field) {
    static const std::vector<std::vector<std::string>> kAlphabet = {
        {"", "", "e1", "e2"}, {"n1", "n1", "n2"},   {"", "c1", "c2"},
        {"", "p1", "p2"},     {"", "", "m1", "m2"}, {"", "x", "y"}};
    const auto& letters = kAlphabet[field];
    return letters[Below(static_cast<int>(letters.size()))];
  }

  Sink& sink() { return fixture_->sink(); }

  static std::string Quoted(const std::string& value) {
    return value.empty() ? "NULL" : "'" + value + "'";
  }

  void Execute(const std::string& sql) { fixture_->Execute(sql); }

  void EditByHand() {
    if (rows_.empty() || OneIn(3)) return InsertByHand();
    auto picked = std::next(rows_.begin(), Below(static_cast<int>(rows_.size())));
    touched_[picked->first] = sequence_;
    if (OneIn(4)) {
      Execute(fmt::format("DELETE FROM customers WHERE id = {}", picked->first));
      rows_.erase(picked);
      return;
    }
    if (OneIn(4)) {
      static const std::vector<std::pair<std::string, ModelRow>> kCustom = {
          {"NULL", {}},
          {R"('{"level":"B"}')", {{}, {{"level", "\"B\""}}, ""}},
          {R"('{"level":"A","x":[1, 2]}')", {{}, {{"level", "\"A\""}, {"x", "[1, 2]"}}, ""}},
          {"'oops'", {{}, {}, "oops"}}};
      const auto& [text, row] = kCustom[Below(4)];
      Execute(fmt::format("UPDATE customers SET custom = {} WHERE id = {}", text, picked->first));
      picked->second.custom = row.custom;
      picked->second.unreadable = row.unreadable;
      return;
    }
    const size_t field = static_cast<size_t>(Below(kModelFields));
    const std::string value = Value(field);
    Execute(fmt::format("UPDATE customers SET {} = {} WHERE id = {}", kCustomerFields[field],
                        Quoted(value), picked->first));
    picked->second.fields[field] = value;
  }

  void InsertByHand() {
    // Sometimes an id that the next import would give.
    const int64_t next = static_cast<int64_t>(sequence_ + 1) << 32;
    const int64_t id = OneIn(4) ? next + 8 * Below(4) : 1 + Below(40);
    if (rows_.contains(id)) return;
    ModelRow& row = rows_[id];
    std::string columns = "id";
    std::string values = std::to_string(id);
    for (size_t f = 0; f < kModelFields; ++f) {
      row.fields[f] = Value(f);
      columns += ", " + kCustomerFields[f];
      values += ", " + Quoted(row.fields[f]);
    }
    touched_[id] = sequence_;
    Execute(fmt::format("INSERT INTO customers({}) VALUES({})", columns, values));
  }

  void ChoosePlan(ModelPlan& model, testing::CustomerPlanOptions& options) {
    static const std::vector<testing::RuleNames> kIdentities = {testing::kCustomerRules,
                                                                testing::kCustomerRules,
                                                                {{"email"}},
                                                                {{"external_id"}, {"phone"}},
                                                                {{"name"}, {"email", "phone"}}};
    const int policy = Below(4);
    const int in_file = Below(3);
    options.sequence = model.sequence = ++sequence_;
    options.identity = kIdentities[Below(static_cast<int>(kIdentities.size()))];
    options.on_duplicate = static_cast<planpb::OnDuplicate>(policy + 1);
    options.in_file = static_cast<planpb::InFile>(in_file + 1);
    model.policy = static_cast<ModelPolicy>(policy);
    model.in_file = static_cast<ModelInFile>(in_file);
    for (const auto& rule : options.identity) {
      std::vector<size_t>& fields = model.rules.emplace_back();
      for (const std::string& field : rule) {
        const auto at = std::find(kCustomerFields.begin(), kCustomerFields.end(), field);
        fields.push_back(static_cast<size_t>(at - kCustomerFields.begin()));
      }
    }
    if (OneIn(4)) {
      options.unique = "phone";
      model.unique = testing::kPhone;
    }
    clears_.clear();
    if (OneIn(2)) ChooseFieldPolicies(model, options);
  }

  void ChooseFieldPolicies(ModelPlan& model, testing::CustomerPlanOptions& options) {
    for (size_t f = 0; f <= kModelFields; ++f) {
      const std::string target = f == kModelLevel ? "custom.level" : kCustomerFields[f];
      const int write = std::max(0, Below(5) - 2);
      model.write.at(f) = static_cast<ModelWrite>(write);
      options.write[target] = static_cast<planpb::WritePolicy>(write + 1);
      if (write > 0 || !OneIn(2) || f == testing::kName) continue;
      clears_.insert(f);
      options.clears.insert(target);
    }
  }

  // Most blank cells of fields that are cleared; the others are blank for another reason.
  void ChooseCleared(ModelRecord& record) {
    for (const size_t f : clears_) {
      const std::string& value = f == kModelLevel ? record.level : record.fields[f];
      if (value.empty() && !OneIn(4)) record.cleared.insert(f);
    }
  }

  void Import() {
    ModelPlan model_plan;
    testing::CustomerPlanOptions options;
    ChoosePlan(model_plan, options);
    before_[sequence_] = rows_;
    plan_ = testing::CustomerPlan(options);
    NewLoader();
    ModelImport model(model_plan, rows_, history_);
    std::vector<ModelRecord> records(1 + Below(12));
    for (size_t i = 0; i < records.size(); ++i) {
      ModelRecord& record = records[i];
      record.ordinal = i;
      record.row = i + 2;
      for (size_t f = 0; f < kModelFields; ++f) record.fields[f] = Value(f);
      if (OneIn(3)) record.level = OneIn(2) ? "A" : "B";
      ChooseCleared(record);
      model.Load(record);
    }
    if (OneIn(3)) Preview(model_plan, options, records, model);
    report_ = {};
    for (size_t at = 0; at < records.size();) {
      const size_t count = 1 + static_cast<size_t>(Below(5));
      const size_t end = std::min(records.size(), at + count);
      while (OneIn(4)) LoadAndAbort(records, at, end);
      LoadBatch(records, at, end);
      at = end;
    }
    rows_ = model.rows();
    history_ = model.history();
    EXPECT_EQ(report_, ReportOf(model));
    CheckRows();
    CheckJournal();
    ASSERT_TRUE(sink().Begin().ok());
    ASSERT_TRUE(sink().DropMet({sequence_, 0}).ok());
    ASSERT_TRUE(sink().Commit().ok());
  }

  // What a preview says before the import is what the model says after it.
  void Preview(const ModelPlan& plan, testing::CustomerPlanOptions options,
               const std::vector<ModelRecord>& records, const ModelImport& model) {
    // None of the sink's rows has it.
    options.sequence = uint64_t{1} << 30;
    PreviewLoad preview(fixture_->OpenView(), options);
    for (size_t at = 0; at < records.size();) {
      const size_t end = std::min(records.size(), at + 1 + static_cast<size_t>(Below(5)));
      if (OneIn(6)) preview.LoadAndAbort(records, at, end);
      preview.Load(records, at, end);
      at = end;
    }
    EXPECT_EQ(preview.report(), ReportOf(model)) << "policy " << static_cast<int>(plan.policy);
    EXPECT_EQ(preview.Outcomes(), OutcomesOf(model)) << "policy " << static_cast<int>(plan.policy);
    EXPECT_EQ(preview.Changes(), DifferencesBetween(rows_, model.rows()));
  }

  void NewLoader() {
    loader_ = std::make_unique<ImportLoader>(sink(), plan_);
    const absl::Status status = sink().Prepare(loader_->dataset());
    ASSERT_TRUE(status.ok()) << status;
  }

  void LoadAndAbort(const std::vector<ModelRecord>& records, size_t at, size_t end) {
    pipeline::ResultBuilder result("01x", 0, pipeline::recordpb::STAGE_LOAD, 0);
    ASSERT_TRUE(sink().Begin().ok());
    LoadRecords(*loader_, records, at,
                at + 1 + static_cast<size_t>(Below(static_cast<int>(end - at))), result);
    if (OneIn(3)) {
      fixture_->Reopen();
      NewLoader();
    } else {
      sink().Abort();
    }
  }

  void LoadBatch(const std::vector<ModelRecord>& records, size_t at, size_t end) {
    pipeline::ResultBuilder result("01x", 0, pipeline::recordpb::STAGE_LOAD, 0);
    ASSERT_TRUE(sink().Begin().ok());
    LoadRecords(*loader_, records, at, end, result);
    ASSERT_TRUE(sink().Commit().ok());
    report_.Add(result);
  }

  void CheckRows() {
    std::string columns = "id";
    for (const std::string& field : kCustomerFields) columns += ", " + field;
    std::map<int64_t, std::vector<std::string>> found;
    for (auto& row : fixture_->Rows("SELECT " + columns + ", custom FROM customers ORDER BY id",
                                    static_cast<int>(kModelFields) + 2)) {
      const int64_t id = std::stoll(row[0]);
      found[id].assign(row.begin() + 1, row.end());
    }
    std::map<int64_t, std::vector<std::string>> expected;
    for (const auto& [id, row] : rows_) {
      std::vector<std::string>& values = expected[id];
      values.assign(row.fields.begin(), row.fields.end());
      values.push_back(row.CustomText());
      for (std::string& value : values) value = value.empty() ? "NULL" : value;
    }
    EXPECT_EQ(found, expected);
  }

  // Undoes one entry in `row`; false when it created the row.
  static bool Undo(const JournalEntry& entry, ModelRow& row) {
    for (const JournalChange& change : entry.changes) {
      const auto field = std::find(kCustomerFields.begin(), kCustomerFields.end(), change.name);
      if (field != kCustomerFields.end()) {
        std::string& value = row.fields[static_cast<size_t>(field - kCustomerFields.begin())];
        EXPECT_EQ(value, change.written.value_or("")) << change.name;
        value = change.before.value_or("");
        continue;
      }
      const std::string key = change.name.substr(std::string("custom.").size());
      EXPECT_EQ(row.custom[key], change.written.value_or("")) << change.name;
      row.custom.erase(key);
      if (change.before.has_value()) row.custom[key] = *change.before;
    }
    return entry.kind == EntryKind::kChanged;
  }

  // Going back entry by entry gives the rows as they were before each import.
  void CheckJournal() {
    const SinkDataset& dataset = loader_->dataset();
    for (const auto& [id, now] : rows_) {
      std::optional<ModelRow> row = now;
      const auto touched = touched_.find(id);
      const uint64_t oldest = touched == touched_.end() ? 0 : touched->second;
      uint32_t below = UINT32_MAX;
      for (uint64_t import = sequence_; import > oldest; --import) {
        while (row.has_value() && below > 0) {
          const auto entry = sink().ReadEntry(dataset, id, below);
          ASSERT_TRUE(entry.ok()) << entry.status();
          if (!entry->has_value()) break;
          ASSERT_LE((*entry)->import_sequence, import);
          if ((*entry)->import_sequence < import) break;
          EXPECT_FALSE((*entry)->kind == EntryKind::kChanged && (*entry)->changes.empty());
          below = (*entry)->number - 1;
          if (!Undo(**entry, *row)) row.reset();
        }
        const auto before = before_[import].find(id);
        ASSERT_EQ(row.has_value(), before != before_[import].end()) << "row " << id;
        if (!row.has_value()) continue;
        EXPECT_EQ(*row, before->second) << "row " << id;
      }
    }
  }

  std::mt19937_64 random_;
  std::unique_ptr<contract::SinkFixture> fixture_;
  std::shared_ptr<const plan::CompiledPlan> plan_;
  std::unique_ptr<ImportLoader> loader_;
  uint64_t sequence_ = 0;
  ModelRows rows_;
  int64_t history_ = 0;
  // Fields that blank cells clear in this import.
  std::set<size_t> clears_;
  // By import: the rows before it. By row: the last import before somebody touched it.
  std::map<uint64_t, ModelRows> before_;
  std::map<int64_t, uint64_t> touched_;
  LoadReport report_;
};

// Runs sequences one after another until one fails.
inline void RunSequences(
    int count, const std::function<std::unique_ptr<contract::SinkFixture>(uint64_t)>& fixture) {
  const uint64_t seed = ModelSeed();
  std::cout << "TEST_SLUICE_SEED=" << seed << "\n";
  for (int i = 0; i < count; ++i) {
    const uint64_t own_seed = seed + static_cast<uint64_t>(i);
    SCOPED_TRACE(fmt::format("TEST_SLUICE_SEED={} fails at its first sequence", own_seed));
    Sequence(own_seed, fixture(own_seed)).Run();
    if (::testing::Test::HasFailure()) return;
  }
}

}  // namespace sluice::load
