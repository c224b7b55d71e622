// The contract of load::Sink: rows that come again, and answers that are remembered.
#pragma once

#include "sluice/record/v1/record.pb.h"
#include "tests/contract/sink_contract_fixture.h"

namespace sluice::contract {

TEST_P(SinkContract, RowsAnImportHasChangedAreFoundByTheirSourceRow) {
  const auto own = static_cast<load::RowId>(kSequence << 32);
  Begin();
  Insert(own, {"e", "n"});
  for (const load::RowId id : {24, 32, 40}) Insert(id, {"e", "n"});
  Commit();
  const auto changed_by = [&](load::RowId id, uint64_t source_row, uint64_t sequence) {
    const load::JournalEntry entry{
        2, sequence, load::EntryKind::kChanged, source_row, {{"name", "n", "m"}}};
    ASSERT_TRUE(sink().WriteEntry(dataset_, id, entry).ok());
  };
  Begin();
  changed_by(24, 90, kSequence + 1);
  changed_by(32, 70, kSequence + 1);
  changed_by(40, 80, kSequence + 2);
  Commit();
  Reopen();
  const auto found = [&](uint64_t sequence, uint64_t from, size_t count) {
    std::vector<load::ChangedBySource> changed;
    const absl::Status read = sink().ReadChangedBySource(dataset_, sequence, from, count, changed);
    EXPECT_TRUE(read.ok()) << read;
    std::vector<std::pair<uint64_t, load::RowId>> rows;
    for (const load::ChangedBySource& row : changed) rows.emplace_back(row.source_row, row.id);
    return rows;
  };
  using Rows = std::vector<std::pair<uint64_t, load::RowId>>;
  EXPECT_EQ(found(kSequence + 1, 0, 10), (Rows{{70, 32}, {90, 24}}));
  EXPECT_EQ(found(kSequence + 1, 71, 10), (Rows{{90, 24}}));
  EXPECT_EQ(found(kSequence + 1, 0, 1), (Rows{{70, 32}}));
  EXPECT_EQ(found(kSequence + 3, 0, 10), Rows());
  // Rows that it created under its own ids are not among them, those under another's are.
  EXPECT_EQ(found(kSequence, 0, 10), (Rows{{2, 24}, {2, 32}, {2, 40}}));
}

TEST_P(SinkContract, AnswersAreKeptByDatasetAndIdentity) {
  const std::string identity(16, '\xfe');
  const auto kept = [&](const std::string& of) {
    const auto decision = sink().ReadDecision(dataset_, of);
    EXPECT_TRUE(decision.ok()) << decision.status();
    if (!decision.ok() || !decision->has_value()) return std::string("none");
    return std::to_string((*decision)->answer) + "/" + std::to_string((*decision)->row);
  };
  Begin();
  EXPECT_EQ(kept(identity), "none");
  ASSERT_TRUE(sink().WriteDecision(dataset_, identity, {record::v1::ANSWER_ROW, 77}).ok());
  sink().Abort();
  Begin();
  EXPECT_EQ(kept(identity), "none");
  ASSERT_TRUE(sink().WriteDecision(dataset_, identity, {record::v1::ANSWER_ROW, 77}).ok());
  EXPECT_EQ(kept(identity), "1/77");
  Commit();
  Reopen();
  const auto view = fixture_->OpenView();
  ASSERT_TRUE(view->Prepare(dataset_).ok());
  Begin();
  ASSERT_TRUE(sink().WriteDecision(dataset_, identity, {record::v1::ANSWER_NEVER, 0}).ok());
  Commit();
  Begin();
  EXPECT_EQ(kept(identity), "3/0");
  EXPECT_EQ(kept(std::string(16, 'x')), "none");
  sink().Abort();
  // A view keeps its moment.
  const auto seen = view->ReadDecision(dataset_, identity);
  ASSERT_TRUE(seen.ok()) << seen.status();
  ASSERT_TRUE(seen->has_value());
  EXPECT_EQ((*seen)->row, 77);
}

}  // namespace sluice::contract
