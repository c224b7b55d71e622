// References on every sink: contacts are linked to the rows their text means, what is not there is
// created once, what is not sure is not guessed.
#pragma once

#include <fmt/format.h>

#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "load/overlay_sink.h"
#include "load/sqlite_sink.h"
#include "tests/contract/contact_import.h"
#include "tests/contract/sink_contract_fixture.h"

namespace sluice::contract {

class ReferenceContract : public ::testing::TestWithParam<SinkFixtureFactory> {
 protected:
  using Table = std::vector<std::vector<std::string>>;

  void SetUp() override { fixture_ = GetParam()(); }
  ContactImport Import(const ReferencePlanOptions& options = {}) {
    return ContactImport(fixture_->sink(), options);
  }
  void AddAccount(int64_t id, const std::string& external_id, const std::string& name,
                  const std::string& domain) {
    const auto quoted = [](const std::string& value) {
      return value.empty() ? "NULL" : "'" + value + "'";
    };
    fixture_->Execute(
        fmt::format("INSERT INTO accounts(id, external_id, name, domain) "
                    "VALUES({}, {}, {}, {})",
                    id, quoted(external_id), quoted(name), quoted(domain)));
  }
  // A record of a contact of this company.
  static ContactRecord Of(uint64_t ordinal, const std::string& account) {
    return {{fmt::format("c{}", ordinal), fmt::format("n{}", ordinal), account, ""}, ordinal};
  }
  Table Contacts() {
    return fixture_->Rows("SELECT external_id, account_id FROM contacts ORDER BY external_id", 2);
  }
  Table Accounts() {
    return fixture_->Rows("SELECT id, name, domain FROM accounts ORDER BY id", 3);
  }
  static std::string StubId(uint64_t sequence, uint64_t ordinal) {
    return std::to_string(load::RowIdFor(sequence, ordinal) + 1);
  }

  std::unique_ptr<SinkFixture> fixture_;
};

TEST_P(ReferenceContract, ATextIsLookedUpByTheKeysInOrderInTheirNormalForm) {
  ContactImport import = Import();
  AddAccount(5, "A-1", "one", "one.example");
  AddAccount(6, "two", "other", "");
  AddAccount(7, "", "two", "");
  ASSERT_TRUE(import
                  .Load({Of(0, "A-1"), Of(1, "https://WWW.One.example/about"),
                         Of(2, "lin@one.example"), Of(3, "one"), Of(4, "two")})
                  .ok());
  EXPECT_EQ(Contacts(), (Table{{"c0", "5"}, {"c1", "5"}, {"c2", "5"}, {"c3", "5"}, {"c4", "6"}}));
  EXPECT_EQ(import.created(), 0);
  EXPECT_TRUE(import.issues().empty());
}

TEST_P(ReferenceContract, WhatMayMeanSeveralRowsIsNotGuessed) {
  ContactImport import = Import();
  AddAccount(5, "", "twin", "");
  AddAccount(6, "", "twin", "");
  ASSERT_TRUE(import.Load({Of(0, "twin")}).ok());
  EXPECT_EQ(import.added(), 1);
  EXPECT_EQ(import.issues(), std::vector<std::string>{"ambiguous_reference account twin"});
  EXPECT_EQ(fixture_->Rows("SELECT account_id, custom FROM contacts", 2),
            (Table{{"NULL", R"({"_unfit":{"account":"twin"}})"}}));
  EXPECT_EQ(Accounts().size(), 2u);
}

TEST_P(ReferenceContract, WithoutCreateWhatIsNotThereIsListedAndKept) {
  ContactImport import = Import({.create = testing::planpb::REFERENCE_CREATE_NEVER});
  ASSERT_TRUE(import.Load({Of(0, "nobody")}).ok());
  EXPECT_EQ(import.added(), 1);
  EXPECT_EQ(import.issues(), std::vector<std::string>{"unresolved_reference account nobody"});
  EXPECT_EQ(fixture_->Rows("SELECT account_id, custom FROM contacts", 2),
            (Table{{"NULL", R"({"_unfit":{"account":"nobody"}})"}}));
  EXPECT_TRUE(Accounts().empty());
}

TEST_P(ReferenceContract, WhatIsNotThereIsCreatedOnceWithAJournal) {
  ContactImport import = Import();
  ASSERT_TRUE(import.Load({Of(0, "new"), Of(1, "new")}).ok());
  ASSERT_TRUE(import.Load({Of(2, "new"), Of(3, "https://www.new.example/")}).ok());
  EXPECT_EQ(import.added(), 4);
  EXPECT_EQ(import.created(), 2);
  EXPECT_EQ(Accounts(),
            (Table{{StubId(1, 0), "new", "NULL"}, {StubId(1, 3), "new.example", "new.example"}}));
  EXPECT_EQ(
      Contacts(),
      (Table{
          {"c0", StubId(1, 0)}, {"c1", StubId(1, 0)}, {"c2", StubId(1, 0)}, {"c3", StubId(1, 3)}}));
  const load::SinkDataset accounts = import.loader().Datasets()[0];
  const auto entry = fixture_->sink().ReadEntry(accounts, load::RowIdFor(1, 0) + 1, UINT32_MAX);
  ASSERT_TRUE(entry.ok() && entry->has_value());
  EXPECT_EQ((*entry)->kind, load::EntryKind::kCreated);
  EXPECT_EQ((*entry)->import_sequence, 1u);
  EXPECT_EQ((*entry)->source_row, 2u);
  ASSERT_EQ((*entry)->changes.size(), 1u);
  EXPECT_EQ((*entry)->changes[0].name, "name");
  EXPECT_EQ((*entry)->changes[0].written, "new");
  const auto contact =
      fixture_->sink().ReadEntry(import.loader().dataset(), load::RowIdFor(1, 0), UINT32_MAX);
  ASSERT_TRUE(contact.ok() && contact->has_value());
  EXPECT_EQ((*contact)->changes.back().name, "account_id");
  EXPECT_EQ((*contact)->changes.back().written, StubId(1, 0));
}

TEST_P(ReferenceContract, TheSameAgainChangesNothing) {
  ASSERT_TRUE(Import().Load({Of(0, "new"), Of(1, "new")}).ok());
  const Table contacts = Contacts();
  const Table accounts = Accounts();
  ContactImport again = Import({.sequence = 2});
  ASSERT_TRUE(again.Load({Of(0, "new"), Of(1, "new")}).ok());
  EXPECT_EQ(again.Count(pipeline::recordpb::OUTCOME_UNCHANGED), 2);
  EXPECT_EQ(again.created(), 0);
  EXPECT_EQ(Contacts(), contacts);
  EXPECT_EQ(Accounts(), accounts);
}

TEST_P(ReferenceContract, NothingIsCreatedForWhatIsNotWritten) {
  ASSERT_TRUE(Import().Load({Of(0, "first")}).ok());
  ContactImport skipping =
      Import({.sequence = 2, .on_duplicate = testing::planpb::ON_DUPLICATE_SKIP});
  ASSERT_TRUE(skipping.Load({Of(0, "skipped")}).ok());
  EXPECT_EQ(skipping.created(), 0);
  ContactImport filling =
      Import({.sequence = 3, .on_duplicate = testing::planpb::ON_DUPLICATE_FILL});
  ASSERT_TRUE(filling.Load({Of(0, "filled")}).ok());
  EXPECT_EQ(filling.created(), 0);
  // A second row of the contact, of another company: the first row stands.
  ContactImport merging = Import({.sequence = 4});
  ContactRecord second = Of(0, "second");
  second.ordinal = 1;
  ASSERT_TRUE(merging.Load({Of(0, "first"), second}).ok());
  EXPECT_EQ(merging.issues(), std::vector<std::string>{"conflicting_value account_id second"});
  EXPECT_EQ(Accounts().size(), 1u);
}

TEST_P(ReferenceContract, ARowThatWasOnlyReferredToIsAddedByItsOwnRecord) {
  ContactImport import = Import();
  ContactRecord clerk{{"c0", "clerk", "", "chief"}, 0};
  ContactRecord chief{{"c1", "chief", "house", ""}, 1};
  ASSERT_TRUE(import.Load({clerk}).ok());
  EXPECT_EQ(import.created(), 1);
  ASSERT_TRUE(import.Load({chief, chief}).ok());
  EXPECT_EQ(import.added(), 2);
  EXPECT_EQ(import.Count(pipeline::recordpb::OUTCOME_SKIPPED), 1);
  // The chief is no stub any more; the house is one.
  EXPECT_EQ(import.created(), 1);
  const std::string id = std::to_string(load::RowIdFor(1, 0) + 2);
  EXPECT_EQ(fixture_->Rows("SELECT id, external_id, boss_id FROM contacts ORDER BY id", 3),
            (Table{{std::to_string(load::RowIdFor(1, 0)), "c0", id}, {id, "c1", "NULL"}}));
}

TEST_P(ReferenceContract, AnIdThatSomebodyTookIsNotTakenAgain) {
  ContactImport import = Import();
  const std::string taken = StubId(1, 0);
  AddAccount(load::RowIdFor(1, 0) + 1, "", "by hand", "");
  ASSERT_TRUE(import.Load({Of(0, "new"), Of(1, "new")}).ok());
  const Table found = fixture_->Rows("SELECT id FROM accounts WHERE name = 'new'", 1);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_NE(found[0][0], taken);
  EXPECT_EQ(Contacts(), (Table{{"c0", found[0][0]}, {"c1", found[0][0]}}));
}

// Whatever the order of the records, the borders of the batches, and what had to be tried again.
TEST_P(ReferenceContract, EveryOrderLinksAlike) {
  std::mt19937_64 random(20261122);
  for (uint64_t sequence = 1; sequence <= 20; ++sequence) {
    fixture_ = GetParam()();
    std::vector<ContactRecord> records;
    std::set<std::string> companies;
    for (uint64_t i = 0; i < 24; ++i) {
      const std::string company = fmt::format("company {}", random() % 5);
      companies.insert(company);
      records.push_back(Of(i, company));
    }
    std::shuffle(records.begin(), records.end(), random);
    ContactImport import = Import({.sequence = sequence});
    for (size_t at = 0; at < records.size();) {
      const size_t end = std::min(records.size(), at + 1 + random() % 6);
      const std::vector<ContactRecord> batch(records.begin() + static_cast<ptrdiff_t>(at),
                                             records.begin() + static_cast<ptrdiff_t>(end));
      if (random() % 3 == 0) {
        ASSERT_TRUE(import.Work(batch).ok());
        import.Abort();
      }
      const absl::Status loaded = import.Load(batch);
      ASSERT_TRUE(loaded.ok()) << loaded;
      at = end;
    }
    EXPECT_EQ(import.created(), static_cast<int64_t>(companies.size()));
    EXPECT_EQ(import.added(), static_cast<int64_t>(records.size()));
    std::map<std::string, std::string> linked;
    for (const auto& row : fixture_->Rows("SELECT c.external_id, a.name FROM contacts c JOIN "
                                          "accounts a ON a.id = c.account_id",
                                          2)) {
      linked[row[0]] = row[1];
    }
    EXPECT_EQ(Accounts().size(), companies.size());
    for (const ContactRecord& record : records)
      EXPECT_EQ(linked[record.values[0]], record.values[2]);
  }
}

TEST_P(ReferenceContract, APreviewCountsWhatTheRunDoes) {
  ASSERT_TRUE(Import().Load({Of(0, "first")}).ok());
  const Table accounts = Accounts();
  base::SystemRandom random;
  auto scratch = load::SqliteSink::Open({.path = ":memory:"}, random);
  ASSERT_TRUE(scratch.ok()) << scratch.status();
  load::OverlaySink overlay(fixture_->OpenView(), *std::move(scratch));
  ContactImport preview(overlay, {.sequence = uint64_t{1} << 30});
  ContactImport run = Import({.sequence = 2});
  for (ContactImport* const import : {&preview, &run}) {
    ASSERT_TRUE(
        import->Load({Of(0, "other"), Of(1, "first"), Of(2, "other"), Of(3, "third")}).ok());
    EXPECT_EQ(import->created(), 2);
    EXPECT_EQ(import->added(), 3);
    EXPECT_EQ(import->Count(pipeline::recordpb::OUTCOME_UPDATED), 1);
    EXPECT_EQ(Accounts().size(), import == &preview ? accounts.size() : accounts.size() + 2);
  }
}

}  // namespace sluice::contract
