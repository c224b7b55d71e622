// Random schedules of imports, hand edits and rollbacks against the model (rollback_model.h): the
// rows of the sink after every rollback, and what it counted.
#pragma once

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <random>
#include <set>

#include "load/purge_job.h"
#include "load/rollback_job.h"
#include "load/rollback_preview.h"
#include "tests/contract/sink_contract_fixture.h"
#include "tests/unit/load/rollback_model.h"
#include "tests/unit/load/rollback_writer.h"

namespace sluice::load {

// One sink and what the model says about it.
class RollbackSequence {
 public:
  // The sink is emptied; `writer` has prepared it.
  RollbackSequence(uint64_t seed, contract::SinkFixture& fixture, RollbackWriter& writer)
      : random_(seed), fixture_(fixture), writer_(writer) {
    fixture_.Empty();
  }

  void Run() {
    const int steps = 4 + Below(14);
    for (int i = 0; i < steps && !::testing::Test::HasFailure(); ++i) {
      const int what = Below(20);
      if (what < 10) {
        Import();
      } else if (what < 16) {
        EditByHand();
      } else if (what < 19) {
        UndoOne();
      } else {
        Purge();
      }
    }
    while (OneIn(2) && !::testing::Test::HasFailure()) UndoOne();
  }

 private:
  static constexpr int kImports = 4;
  static constexpr int kPreviewEvery = 6;
  static constexpr int kSourceRows = 6;

  int Below(int n) { return static_cast<int>(random_() % static_cast<uint64_t>(n)); }
  bool OneIn(int n) { return Below(n) == 0; }
  Sink& sink() { return fixture_.sink(); }

  uint64_t SourceRow() { return static_cast<uint64_t>(2 + Below(kSourceRows)); }

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
    for (const std::string& field : RollbackWriter::FieldsOf(table)) {
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
    if (undone_[import] > 0 || purged_.contains(import)) return;
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
      const int64_t put = OneIn(8) ? id + (int64_t{40} << 32) : id;
      const uint64_t source_row = SourceRow();
      writer_.Insert(table, put, import, writes, source_row);
      model_.Create(table, put, import, writes, source_row);
    } else {
      const int64_t id = ids[static_cast<size_t>(Below(static_cast<int>(ids.size())))];
      const ModelWrites writes = RandomWrites(table, &model_.table(table).at(id));
      if (!writes.empty()) {
        const uint64_t source_row = SourceRow();
        writer_.Write(table, id, import, writes, source_row);
        model_.Write(table, id, import, writes, source_row);
      }
    }
    const absl::Status committed = sink().Commit();
    ASSERT_TRUE(committed.ok()) << committed;
  }

  static std::string Quoted(const ModelValue& value) {
    return value.has_value() ? "'" + *value + "'" : "NULL";
  }

  void EditByHand() {
    const std::string table = OneIn(3) ? "accounts" : "contacts";
    const std::vector<int64_t> ids = RowsOf(table);
    if (ids.empty() || OneIn(6)) {
      const int64_t id = ++hand_ids_;
      fixture_.Execute(fmt::format("INSERT INTO {}(id, name) VALUES({}, 'hand')", table, id));
      model_.Create(table, id, 0, {{"name", "hand"}});
      return;
    }
    const int64_t id = ids[static_cast<size_t>(Below(static_cast<int>(ids.size())))];
    if (OneIn(8)) {
      RollbackWriter::Trace(fmt::format("by hand {} {} is deleted", table, id));
      fixture_.Execute(fmt::format("DELETE FROM {} WHERE id = {}", table, id));
      model_.Delete(table, id);
      return;
    }
    const auto& fields = RollbackWriter::FieldsOf(table);
    const std::string& field = fields[static_cast<size_t>(Below(static_cast<int>(fields.size())))];
    const ModelValue value = Value(field);
    RollbackWriter::Trace(
        fmt::format("by hand {} {}:{}", table, id, RollbackWriter::Told({{field, value}})));
    if (field == "custom.level") {
      fixture_.Execute(fmt::format(
          "UPDATE {} SET custom = {} WHERE id = {}", table,
          value.has_value() ? "'{\"level\":" + *value + "}'" : std::string("NULL"), id));
    } else {
      fixture_.Execute(
          fmt::format("UPDATE {} SET {} = {} WHERE id = {}", table, field, Quoted(value), id));
    }
    model_.Edit(table, id, field, value);
  }

  // The journal of the oldest import that is left, or of any one.
  void Purge() {
    int import = OneIn(6) ? 1 + Below(kImports) : 1;
    while (purged_.contains(import)) ++import;
    if (import > kImports) return;
    RollbackWriter::Trace(fmt::format("purge {}", import));
    purged_.insert(import);
    model_.Purge(import);
    controlpb::JournalWindow window;
    window.set_below(static_cast<uint64_t>(*purged_.rbegin()) + 1);
    for (int i = 1; i < *purged_.rbegin(); ++i) {
      if (!purged_.contains(i)) window.add_except(static_cast<uint64_t>(i));
    }
    const auto entries = static_cast<size_t>(OneIn(2) ? 1 + Below(3) : 1000);
    for (bool done = false; !done && !::testing::Test::HasFailure();) {
      // Killed before its commit, or after it: what goes on knows only what the sink has.
      PurgeJob job(sink(), window, entries);
      ASSERT_TRUE(sink().Begin().ok());
      const auto step = job.Step();
      ASSERT_TRUE(step.ok()) << step.status();
      if (OneIn(6)) {
        sink().Abort();
        continue;
      }
      const absl::Status committed = sink().Commit();
      ASSERT_TRUE(committed.ok()) << committed;
      done = *step;
    }
    Check(import);
  }

  // What the rollback will say, said before it.
  RollbackPreview Preview(int import, const controlpb::UndoOrder& order, size_t chunk) {
    RollbackPreviewOptions options;
    options.give_up = fixture_.PreviewsGiveUp();
    options.chunk_rows = chunk;
    const auto sink = fixture_.OpenForPreview();
    auto preview = PreviewRollback(*sink, {RollbackWriter::PlanOf(import)}, order, options);
    EXPECT_TRUE(preview.ok()) << preview.status();
    return preview.ok() ? *std::move(preview) : RollbackPreview();
  }

  static std::string Told(const std::vector<recordpb::Issue>& issues) {
    std::string text;
    for (const recordpb::Issue& issue : issues) text += issue.ShortDebugString() + "\n";
    return text;
  }

  void UndoOne() {
    const int import = 1 + Below(kImports);
    if (purged_.contains(import)) return;
    controlpb::UndoOrder order;
    order.set_number(static_cast<uint32_t>(++undone_[import]));
    ModelFilter filter;
    filter.added_only = OneIn(6);
    filter.updated_only = !filter.added_only && OneIn(6);
    order.set_added_only(filter.added_only);
    order.set_updated_only(filter.updated_only);
    for (int rows = OneIn(4) ? 1 + Below(kSourceRows) : 0; rows > 0; --rows) {
      filter.rows.insert(SourceRow());
    }
    for (const uint64_t row : filter.rows) order.add_rows(row);
    const auto chunk = static_cast<size_t>(OneIn(2) ? 1 + Below(3) : 100);
    RollbackWriter::Trace(
        fmt::format("undo {}{}{}, rows {}, chunks of {}", import, filter.added_only ? " added" : "",
                    filter.updated_only ? " updated" : "", fmt::join(filter.rows, " "), chunk));
    std::optional<RollbackPreview> preview;
    if (OneIn(kPreviewEvery)) preview = Preview(import, order, chunk);
    model_.Undo(import, filter, chunk);
    std::vector<recordpb::Issue> conflicts;
    RollbackJob job(sink(), {RollbackWriter::PlanOf(import)}, order, chunk);
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
      for (const auto& result : step->results) {
        totals_[result.import_id()] = result.undo();
        if (result.import_id() != fmt::format("import{}", import)) continue;
        conflicts.insert(conflicts.end(), result.issues().begin(), result.issues().end());
      }
      done = step->done;
    }
    if (preview.has_value()) {
      recordpb::UndoTotals totals = totals_[fmt::format("import{}", import)];
      // Rows that went on the way may leave a chunk less.
      totals.clear_position();
      preview->totals.clear_position();
      EXPECT_EQ(preview->totals.ShortDebugString(), totals.ShortDebugString());
      EXPECT_EQ(Told(preview->conflicts), Told(conflicts));
    }
    Check(import);
  }

  void Check(int import) {
    for (const std::string table : {"contacts", "accounts"}) {
      EXPECT_EQ(writer_.RowsIn(table), model_.Rows(table)) << table << " after import " << import;
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

  std::mt19937_64 random_;
  contract::SinkFixture& fixture_;
  RollbackWriter& writer_;
  RollbackModel model_;
  std::map<int, uint64_t> ordinals_;
  std::map<int, int> undone_;
  std::set<int> purged_;
  std::map<std::string, recordpb::UndoTotals> totals_;
  int64_t hand_ids_ = 0;
};

// Runs schedules one after another until one fails, many in one sink: making one takes longer.
inline void RunRollbackSequences(
    int count, const std::function<std::unique_ptr<contract::SinkFixture>(uint64_t)>& fixture) {
  const char* const given = std::getenv("TEST_SLUICE_SEED");
  const uint64_t seed = given == nullptr ? 20261123 : std::strtoull(given, nullptr, 10);
  constexpr int kInOneSink = 50;
  std::unique_ptr<contract::SinkFixture> sink;
  std::unique_ptr<RollbackWriter> writer;
  for (int i = 0; i < count; ++i) {
    const uint64_t own_seed = seed + static_cast<uint64_t>(i);
    if (i % kInOneSink == 0) {
      writer.reset();
      sink = fixture(own_seed);
      writer = std::make_unique<RollbackWriter>(*sink);
    }
    SCOPED_TRACE(fmt::format("TEST_SLUICE_SEED={} fails at its first schedule", own_seed));
    RollbackSequence(own_seed, *sink, *writer).Run();
    if (::testing::Test::HasFailure()) return;
  }
}

}  // namespace sluice::load
