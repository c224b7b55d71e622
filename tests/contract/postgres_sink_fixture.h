// A PostgreSQL sink for the contract of load::Sink: the sink writes as sluice_writer and has
// things made by sluice_owner, who is also the other program.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "common/database/postgres.h"
#include "load/postgres_sink.h"
#include "load/postgres_view.h"
#include "tests/contract/sink_contract_fixture.h"
#include "tests/testing/postgres_server.h"

namespace sluice::contract {

class PostgresFixture : public SinkFixture {
 public:
  PostgresFixture() {
    testing::PostgresServer& server = testing::SharedPostgresServer();
    auto database = server.MakeDatabase();
    EXPECT_TRUE(database.ok()) << database.status();
    options_.connection.connection = server.ConnectionString("sluice_writer", *database);
    options_.owner = server.ConnectionString("sluice_owner", *database);
    database::PostgresOptions hand;
    hand.connection = options_.owner;
    auto connection = database::PostgresConnection::Open(hand);
    EXPECT_TRUE(connection.ok()) << connection.status();
    hand_ = *std::move(connection);
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
    auto view = load::PostgresView::Open(options_.connection.connection);
    EXPECT_TRUE(view.ok()) << view.status();
    return view.ok() ? *std::move(view) : nullptr;
  }
  std::unique_ptr<load::Sink> OpenForPreview() override { return OpenAnother(); }
  bool PreviewsGiveUp() override { return true; }
  void Empty() override {
    for (const auto& row : Rows("SELECT name FROM sluice.dataset", 1)) {
      Execute("DELETE FROM public." + row[0]);
    }
    Execute("DELETE FROM sluice.journal; DELETE FROM sluice.created; DELETE FROM sluice.undo");
  }
  void Execute(const std::string& sql) override {
    const absl::Status status = hand_->Execute(sql);
    ASSERT_TRUE(status.ok()) << status << ": " << sql;
  }
  std::vector<std::vector<std::string>> Rows(const std::string& sql, int columns) override {
    std::vector<std::vector<std::string>> rows;
    EXPECT_TRUE(hand_->ForgetStatements().ok());
    const auto found =
        hand_->Query("SELECT " + Texts(columns) + " FROM (" + sql + ") r(" + Names(columns) + ")");
    EXPECT_TRUE(found.ok()) << found.status();
    for (int i = 0; found.ok() && i < found->size(); ++i) {
      std::vector<std::string>& row = rows.emplace_back();
      for (int column = 0; column < columns; ++column) {
        row.emplace_back(found->IsNull(i, column) ? "NULL" : std::string(found->Text(i, column)));
      }
    }
    return rows;
  }
  std::string IdColumn() override { return "id bigint PRIMARY KEY"; }
  std::string ForeignTrigger() override {
    return "CREATE FUNCTION audit() RETURNS trigger LANGUAGE plpgsql AS "
           "'BEGIN NEW.note = ''by trigger''; RETURN NEW; END'; "
           "CREATE TRIGGER audit BEFORE INSERT ON customers FOR EACH ROW EXECUTE FUNCTION audit()";
  }
  const load::PostgresSinkOptions& options() const { return options_; }
  std::unique_ptr<load::PostgresSink> OpenAnother() {
    auto sink = load::PostgresSink::Open(options_);
    EXPECT_TRUE(sink.ok()) << sink.status();
    return sink.ok() ? *std::move(sink) : nullptr;
  }

 private:
  static std::string Names(int columns) {
    std::string names = "c0";
    for (int i = 1; i < columns; ++i) names += ", c" + std::to_string(i);
    return names;
  }
  static std::string Texts(int columns) {
    std::string names = "c0::text";
    for (int i = 1; i < columns; ++i) names += ", c" + std::to_string(i) + "::text";
    return names;
  }
  void Open() { sink_ = OpenAnother(); }

  load::PostgresSinkOptions options_;
  std::unique_ptr<database::PostgresConnection> hand_;
  std::unique_ptr<load::PostgresSink> sink_;
};

}  // namespace sluice::contract
