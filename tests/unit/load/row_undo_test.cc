// One row's chain, taken back by hand: what the random schedules (rollback_model_test.cc) reach
// rarely.
#include "load/row_undo.h"

#include <gtest/gtest.h>

namespace sluice::load {
namespace {

constexpr uint64_t kFirst = 1;
constexpr uint64_t kSecond = 2;

SinkDataset Customers() {
  SinkDataset dataset;
  dataset.dataset.set_name("customers");
  for (const char* name : {"external_id", "name"}) dataset.dataset.add_fields()->set_name(name);
  return dataset;
}

SinkRow Row(std::optional<std::string> external_id, std::optional<std::string> name) {
  return {7, {std::move(external_id), std::move(name)}, ""};
}

JournalEntry Changed(uint32_t number, uint64_t import_sequence,
                     std::vector<JournalChange> changes) {
  return {number, import_sequence, EntryKind::kChanged, number, std::move(changes)};
}

// The key that the row would get back is another row's. What a later import has taken over is not
// tried again; what would have gone into the row never is.
TEST(RowUndoTest, ARefusalLeavesWhatWentBackAndNotWhatWasHandedOn) {
  const SinkDataset dataset = Customers();
  RowChain chain{7,
                 {Changed(1, kFirst, {{"external_id", "e1", {}}, {"name", "v0", {}}}),
                  Changed(2, kFirst, {{"external_id", {}, "e0"}, {"name", {}, "v2"}}),
                  Changed(3, kSecond, {{"name", "v2", {}}})}};
  std::optional<SinkRow> row = Row("e0", std::nullopt);
  RowUndo undo(dataset, chain, row);
  undo.UndoChanges(kFirst, {});
  EXPECT_EQ(row->fields[0], "e1");
  EXPECT_EQ(row->fields[1], "v0");
  undo.RefuseRestored();
  EXPECT_EQ(row->fields[0], "e0");
  EXPECT_EQ(row->fields[1], std::nullopt);
  EXPECT_EQ(undo.fate(), RowFate::kPartly);
  EXPECT_EQ(undo.kept().size(), 3u);
  EXPECT_TRUE(undo.undone().empty());
  EXPECT_TRUE(undo.change().fields.empty());
  // The second import says what stands below it: it has done nothing any more.
  EXPECT_EQ(undo.dropped(), std::set<uint32_t>{3});
  ASSERT_EQ(chain.entries[0].changes.size(), 2u);
  ASSERT_EQ(chain.entries[1].changes.size(), 1u);
  EXPECT_EQ(chain.entries[1].changes[0].name, "external_id");
  std::erase_if(chain.entries, [](const JournalEntry& entry) { return entry.changes.empty(); });
  RowUndo again(dataset, chain, row);
  again.UndoChanges(kFirst, {});
  EXPECT_EQ(again.fate(), RowFate::kNothing);
  EXPECT_EQ(row->fields[0], "e0");
}

TEST(RowUndoTest, AnEntryBelowOneThatWasPurgedFindsItsValueChanged) {
  const SinkDataset dataset = Customers();
  // Of an import between them nothing is left; it has written v1.
  RowChain chain{7, {Changed(1, kFirst, {{"name", "v0", "a"}, {"external_id", {}, "e1"}})}};
  std::optional<SinkRow> row = Row("e1", "v1");
  RowUndo undo(dataset, chain, row);
  undo.UndoChanges(kFirst, {});
  EXPECT_EQ(undo.fate(), RowFate::kPartly);
  EXPECT_EQ(row->fields[1], "v1");
  EXPECT_EQ(row->fields[0], std::nullopt);
  ASSERT_EQ(undo.kept().size(), 1u);
  EXPECT_EQ(undo.kept()[0].code, undo_code::kChangedSince);
}

}  // namespace
}  // namespace sluice::load
