// The contract of load::SinkView: what a preview reads of a sink without touching it.
#pragma once

#include "tests/contract/sink_contract_fixture.h"

namespace sluice::contract {

class SinkViewContract : public SinkContract {
 protected:
  std::unique_ptr<load::SinkView> View() {
    auto view = fixture_->OpenView();
    const absl::Status status = view->Prepare(dataset_);
    EXPECT_TRUE(status.ok()) << status;
    return view;
  }
  Ids Find(load::SinkView& view, uint32_t rule, const Fields& key) {
    const std::vector<std::string_view> values(key.begin(), key.end());
    Ids candidates;
    const absl::Status status = view.FindCandidates(dataset_, {rule, values}, candidates);
    EXPECT_TRUE(status.ok()) << status;
    EXPECT_TRUE(std::is_sorted(candidates.begin(), candidates.end()));
    std::erase_if(candidates, [&](load::RowId id) {
      const auto row = view.ReadRow(dataset_, id);
      if (!row.ok() || !row->has_value()) return true;
      for (size_t i = 0; i < key.size(); ++i) {
        if ((*row)->fields[dataset_.rules[rule].fields[i]] != key[i]) return true;
      }
      return false;
    });
    return candidates;
  }
  std::string Name(load::SinkView& view, load::RowId id) {
    const auto row = view.ReadRow(dataset_, id);
    EXPECT_TRUE(row.ok()) << row.status();
    if (!row.ok() || !row->has_value()) return "no row";
    return (*row)->fields[testing::kName].value_or("NULL");
  }
};

TEST_P(SinkViewContract, FindsAndReadsWhatTheSinkHolds) {
  Begin();
  Insert(8, {"e1", "Yunshan", "", "p1"});
  Insert(16, {"e2", "Yunshan", "", "p1"});
  Commit();
  const auto view = View();
  EXPECT_EQ(Find(*view, 0, {"e1"}), Ids{8});
  EXPECT_EQ(Find(*view, 2, {"p1", "Yunshan"}), (Ids{8, 16}));
  EXPECT_EQ(Find(*view, 0, {"e3"}), Ids{});
  EXPECT_EQ(Name(*view, 16), "Yunshan");
  EXPECT_EQ(Name(*view, 24), "no row");
}

TEST_P(SinkViewContract, AnnouncedKeysAreFoundAsOthersAre) {
  Begin();
  Insert(8, {"e1", "Yunshan", "", "p1"});
  Insert(16, {"e2", "Chenguang"});
  Commit();
  const auto view = View();
  const std::vector<std::string_view> known = {"e1"};
  const std::vector<std::string_view> unknown = {"e9"};
  const std::vector<load::KeyProbe> probes = {{0, known}, {0, unknown}};
  const std::vector<load::RowId> ids = {16, 24};
  const absl::Status status = view->Expect(dataset_, probes, ids);
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(Find(*view, 0, {"e1"}), Ids{8});
  EXPECT_EQ(Find(*view, 0, {"e9"}), Ids{});
  EXPECT_EQ(Find(*view, 0, {"e2"}), Ids{16});
  EXPECT_EQ(Name(*view, 16), "Chenguang");
  EXPECT_EQ(Name(*view, 24), "no row");
}

TEST_P(SinkViewContract, KeepsTheMomentItWasOpenedAt) {
  Begin();
  Insert(8, {"e1", "before"});
  Commit();
  const auto view = View();
  Begin();
  Update(8, testing::kName, "after");
  Insert(16, {"e2", "new"});
  Commit();
  EXPECT_EQ(Name(*view, 8), "before");
  EXPECT_EQ(Find(*view, 0, {"e2"}), Ids{});
  EXPECT_EQ(Name(*View(), 8), "after");
}

TEST_P(SinkViewContract, SeesWhatOthersChangedSinceTheSinkWasLastWritten) {
  Begin();
  Insert(8, {"e1", "Yunshan"});
  Commit();
  fixture_->Execute("UPDATE customers SET external_id = 'e7' WHERE id = 8");
  fixture_->Execute("INSERT INTO customers(id, external_id, name) VALUES(5, 'e5', 'by hand')");
  const auto view = View();
  EXPECT_EQ(Find(*view, 0, {"e7"}), Ids{8});
  EXPECT_EQ(Find(*view, 0, {"e5"}), Ids{5});
  EXPECT_EQ(Find(*view, 0, {"e1"}), Ids{});
}

TEST_P(SinkViewContract, ReadsATableThatSluiceHasNeverSeen) {
  fixture_->Close();
  fixture_->Execute("DROP TABLE customers");
  fixture_->Execute("CREATE TABLE customers(" + fixture_->IdColumn() + ", name text, phone text)");
  fixture_->Execute("INSERT INTO customers(id, name, phone) VALUES(3, 'Yunshan', 'p1')");
  const auto view = View();
  EXPECT_EQ(Find(*view, 2, {"p1", "Yunshan"}), Ids{3});
  EXPECT_EQ(Find(*view, 0, {"e1"}), Ids{});
  EXPECT_EQ(Name(*view, 3), "Yunshan");
  const auto row = view->ReadRow(dataset_, 3);
  ASSERT_TRUE(row.ok() && row->has_value());
  EXPECT_FALSE((*row)->fields[testing::kEmail].has_value());
  EXPECT_EQ((*row)->custom, "");
}

TEST_P(SinkViewContract, ATableThatIsNotThereHasNoRows) {
  fixture_->Close();
  fixture_->Execute("DROP TABLE customers");
  const auto view = View();
  EXPECT_EQ(Find(*view, 0, {"e1"}), Ids{});
  EXPECT_EQ(Name(*view, 1), "no row");
}

TEST_P(SinkViewContract, RefusesATableThatCannotHoldTheDataset) {
  fixture_->Close();
  fixture_->Execute("DROP TABLE customers");
  fixture_->Execute("CREATE TABLE customers(id text PRIMARY KEY, name text)");
  EXPECT_TRUE(absl::IsFailedPrecondition(fixture_->OpenView()->Prepare(dataset_)));
}

}  // namespace sluice::contract
