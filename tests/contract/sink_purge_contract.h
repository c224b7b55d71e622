// The contract of load::Sink: what is kept to roll an import back, and its end.
#pragma once

#include "tests/contract/sink_contract_fixture.h"

namespace sluice::contract {

TEST_P(SinkContract, APurgeTakesAllThatIsKeptOfAnImportAndNothingElse) {
  constexpr uint64_t kOther = kSequence + 1;
  const auto id_of = [](int ordinal) {
    return static_cast<load::RowId>((kSequence << 32) + static_cast<uint64_t>(ordinal) * 8);
  };
  const auto write = [&](load::RowId id, uint32_t number, uint64_t sequence, load::EntryKind kind) {
    const load::JournalEntry entry{number, sequence, kind, 9, {{"name", "old", "new"}}};
    const absl::Status status = sink().WriteEntry(dataset_, id, entry);
    ASSERT_TRUE(status.ok()) << status;
  };
  Begin();
  // Many blocks of first entries, some of them replaced in the journal, and as another kind.
  for (int ordinal = 0; ordinal < 700; ++ordinal) Insert(id_of(ordinal), {"e", "n"});
  // A row under an id that is not the import's own.
  Insert(8, {"e", "n"});
  Commit();
  Begin();
  write(id_of(5), 1, kSequence, load::EntryKind::kCreated);
  write(id_of(6), 1, kSequence, load::EntryKind::kPending);
  write(id_of(7), 2, kSequence, load::EntryKind::kChanged);
  write(id_of(7), 3, kOther, load::EntryKind::kChanged);
  write(id_of(7), 4, kSequence, load::EntryKind::kChanged);
  write(8, 2, kOther, load::EntryKind::kChanged);
  for (uint32_t chunk = 0; chunk < 9; ++chunk) {
    ASSERT_TRUE(sink().WriteUndo({kSequence, 1, chunk}, "undone").ok());
  }
  ASSERT_TRUE(sink().WriteUndo({kOther, 1, 0}, "other").ok());
  Commit();
  size_t calls = 0;
  for (size_t some = 1; some > 0; ++calls) {
    Begin();
    const auto purged = sink().PurgeImport(kSequence, 3);
    ASSERT_TRUE(purged.ok()) << purged.status();
    some = *purged;
    ASSERT_LT(calls, 1000u);
    // One that is given up changes nothing.
    if (calls % 4 == 1) {
      sink().Abort();
      some = 1;
    } else {
      Commit();
    }
  }
  // At most so much at a time.
  EXPECT_GT(calls, 10u);
  Reopen();
  Begin();
  std::vector<load::RowChain> chains;
  ASSERT_TRUE(sink().ReadChains(dataset_, kSequence, INT64_MAX, 1000, chains).ok());
  EXPECT_TRUE(chains.empty());
  ASSERT_TRUE(sink().ReadChains(dataset_, kOther, INT64_MAX, 1000, chains).ok());
  ASSERT_EQ(chains.size(), 2u);
  EXPECT_EQ(chains[0].id, id_of(7));
  ASSERT_EQ(chains[0].entries.size(), 1u);
  EXPECT_EQ(chains[0].entries[0].number, 3u);
  EXPECT_EQ(chains[1].id, 8);
  for (const int ordinal : {0, 5, 6, 699}) {
    EXPECT_TRUE((*sink().ReadChain(dataset_, id_of(ordinal))).entries.empty()) << ordinal;
    EXPECT_FALSE((*sink().ReadEntry(dataset_, id_of(ordinal), UINT32_MAX)).has_value());
    EXPECT_TRUE(HasRow(id_of(ordinal)));
  }
  EXPECT_EQ(*sink().ReadUndo({kSequence, 1, 0}), "");
  EXPECT_EQ(*sink().ReadUndo({kSequence, 1, 8}), "");
  EXPECT_EQ(*sink().ReadUndo({kOther, 1, 0}), "other");
  sink().Abort();
}

}  // namespace sluice::contract
