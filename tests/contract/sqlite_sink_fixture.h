// An SQLite sink for the contract of load::Sink.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "common/database/sqlite.h"
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
  std::unique_ptr<database::SqliteConnection> hand_;
  std::unique_ptr<load::SqliteSink> sink_;
};

}  // namespace sluice::contract
