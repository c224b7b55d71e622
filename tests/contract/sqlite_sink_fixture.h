// An SQLite sink for the contract of load::Sink.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "common/database/sqlite.h"
#include "load/rollback_preview.h"
#include "load/sqlite_sink.h"
#include "load/sqlite_view.h"
#include "tests/contract/sink_contract_fixture.h"
#include "tests/testing/temporary_directory.h"

namespace sluice::contract {

class SqliteFixture : public SinkFixture {
 public:
  SqliteFixture() { options_.path = directory_.path() + "/sink.db"; }
  // A database in memory of this name, kept until the fixture goes.
  explicit SqliteFixture(const std::string& memory) {
    options_.path = "/" + memory;
    options_.vfs = "memdb";
    keeper_ = *database::SqliteConnection::Open(options_);
  }
  load::Sink& sink() override {
    if (sink_ == nullptr) Open();
    return *sink_;
  }
  void Reopen() override {
    sink_.reset();
    Open();
  }
  void Close() override { sink_.reset(); }
  std::unique_ptr<load::SinkView> OpenView() override {
    auto view = load::SqliteView::Open(options_);
    EXPECT_TRUE(view.ok()) << view.status();
    return view.ok() ? *std::move(view) : nullptr;
  }
  std::unique_ptr<load::Sink> OpenForPreview() override {
    const std::string copy = fmt::format("{}-copy-{}", options_.path, ++copies_);
    // One in memory goes with its last connection.
    if (keeper_ != nullptr) {
      database::SqliteOptions kept = options_;
      kept.path = copy;
      copy_keeper_ = *database::SqliteConnection::Open(kept);
    }
    auto sink = load::CopySqliteSink(options_, copy, random_);
    EXPECT_TRUE(sink.ok()) << sink.status();
    return sink.ok() ? *std::move(sink) : nullptr;
  }
  bool PreviewsGiveUp() override { return false; }
  void Empty() override {
    for (const std::string& table : Tables())
      Execute("DELETE FROM " + database::QuoteIdentifier(table));
  }
  void Execute(const std::string& sql) override {
    const absl::Status status = Hand().Execute(sql);
    ASSERT_TRUE(status.ok()) << status << ": " << sql;
  }
  std::vector<std::vector<std::string>> Rows(const std::string& sql, int columns) override {
    std::vector<std::vector<std::string>> rows;
    auto select = Hand().Prepare(sql);
    EXPECT_TRUE(select.ok()) << select.status();
    while (select.ok() && *select->Step()) {
      std::vector<std::string>& row = rows.emplace_back();
      for (int i = 0; i < columns; ++i) {
        row.emplace_back(select->IsNull(i) ? "NULL" : std::string(select->Text(i)));
      }
    }
    Release();
    return rows;
  }
  std::string IdColumn() override { return "id INTEGER PRIMARY KEY"; }
  std::string ForeignTrigger() override {
    return "CREATE TRIGGER audit AFTER INSERT ON customers BEGIN "
           "UPDATE customers SET note = 'by trigger' WHERE id = new.id; END";
  }

 private:
  // Not those that say what the sink knows of itself.
  std::vector<std::string> Tables() {
    std::vector<std::string> tables;
    for (const auto& row : Rows(
             "SELECT name FROM sqlite_master WHERE type = 'table' AND (name NOT GLOB 'sluice_*' OR "
             "name GLOB 'sluice_journal_*' OR name GLOB 'sluice_created_*' OR name = "
             "'sluice_undo')",
             1)) {
      tables.push_back(row[0]);
    }
    return tables;
  }
  // A connection of another program: a fresh one each time, but for databases in memory.
  database::SqliteConnection& Hand() {
    if (keeper_ != nullptr) return *keeper_;
    auto connection = database::SqliteConnection::Open(options_);
    EXPECT_TRUE(connection.ok()) << connection.status();
    hand_ = *std::move(connection);
    return *hand_;
  }
  void Release() { hand_.reset(); }
  void Open() {
    Release();
    auto sink = load::SqliteSink::Open(options_, random_);
    ASSERT_TRUE(sink.ok()) << sink.status();
    sink_ = std::move(*sink);
  }

  testing::TemporaryDirectory directory_;
  database::SqliteOptions options_;
  base::SystemRandom random_;
  std::unique_ptr<database::SqliteConnection> keeper_;
  std::unique_ptr<database::SqliteConnection> copy_keeper_;
  int copies_ = 0;
  std::unique_ptr<database::SqliteConnection> hand_;
  std::unique_ptr<load::SqliteSink> sink_;
};

}  // namespace sluice::contract
