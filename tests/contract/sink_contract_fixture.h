// What the contract of load::Sink needs from a sink under test, and how the tests speak to it.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "load/sink.h"
#include "tests/testing/customer_plan.h"

namespace sluice::contract {

// Owns one sink.
class SinkFixture {
 public:
  virtual ~SinkFixture() = default;
  virtual load::Sink& sink() = 0;
  // Closes the sink and opens it again. Datasets must be prepared anew.
  virtual void Reopen() = 0;
  // Closes the sink, so that another program can do as it likes, until Reopen.
  virtual void Close() = 0;
  // What stands in the sink at this moment.
  virtual std::unique_ptr<load::SinkView> OpenView() = 0;
  // The sink as a preview of a rollback gets it: a copy, or one that must be left as it is.
  virtual std::unique_ptr<load::Sink> OpenForPreview() = 0;
  virtual bool PreviewsGiveUp() = 0;
  // Takes all rows, and all that was kept of them, from the open sink.
  virtual void Empty() = 0;
  // Runs SQL as another program would, on a connection of its own.
  virtual void Execute(const std::string& sql) = 0;
  // What a query gives, as text; "NULL" for nothing.
  virtual std::vector<std::vector<std::string>> Rows(const std::string& sql, int columns) = 0;
  // The declaration of an id column that a sink accepts.
  virtual std::string IdColumn() = 0;
  // A trigger of another program, which writes `note` of every row that is put in.
  virtual std::string ForeignTrigger() = 0;
};

using SinkFixtureFactory = std::unique_ptr<SinkFixture> (*)();

class SinkContract : public ::testing::TestWithParam<SinkFixtureFactory> {
 protected:
  static constexpr uint64_t kSequence = 3;

  void SetUp() override {
    fixture_ = GetParam()();
    Prepare();
  }
  load::Sink& sink() { return fixture_->sink(); }
  void Prepare() {
    const absl::Status status = sink().Prepare(dataset_);
    ASSERT_TRUE(status.ok()) << status;
  }
  void Reopen() {
    fixture_->Reopen();
    Prepare();
  }
  void Begin() {
    const absl::Status status = sink().Begin();
    ASSERT_TRUE(status.ok()) << status;
  }
  void Commit() {
    const absl::Status status = sink().Commit();
    ASSERT_TRUE(status.ok()) << status;
  }
  using Fields = std::vector<std::string>;
  load::RowId Insert(load::RowId id, const Fields& values) {
    load::NewRow row;
    row.id = id;
    row.source_row = 2;
    std::vector<std::string_view> fields(values.begin(), values.end());
    fields.resize(dataset_.dataset.fields_size());
    row.fields = fields;
    auto inserted = sink().Insert(dataset_, row, kSequence);
    EXPECT_TRUE(inserted.ok()) << inserted.status();
    return inserted.value_or(0);
  }
  load::SinkRow Row(load::RowId id) {
    auto row = sink().ReadRow(dataset_, id);
    EXPECT_TRUE(row.ok()) << row.status();
    EXPECT_TRUE(row.ok() && row->has_value()) << "no row " << id;
    return row.ok() && row->has_value() ? **row : load::SinkRow{};
  }
  bool HasRow(load::RowId id) {
    auto row = sink().ReadRow(dataset_, id);
    EXPECT_TRUE(row.ok()) << row.status();
    return row.ok() && row->has_value();
  }
  void Update(load::RowId id, uint32_t field, const std::string& value) {
    load::SinkRow after = Row(id);
    after.fields[field] = value;
    const absl::Status status = sink().Update(dataset_, {id, {{field, value}}, {}}, after);
    ASSERT_TRUE(status.ok()) << status;
  }
  // The rows that do hold the key, of those the sink names: what it must never lack.
  std::vector<load::RowId> Holders(uint32_t rule, const Fields& key) {
    const std::vector<std::string_view> values(key.begin(), key.end());
    std::vector<load::RowId> candidates;
    const absl::Status status = sink().FindCandidates(dataset_, {rule, values}, candidates);
    EXPECT_TRUE(status.ok()) << status;
    EXPECT_TRUE(std::is_sorted(candidates.begin(), candidates.end()));
    std::erase_if(candidates, [&](load::RowId id) {
      auto row = sink().ReadRow(dataset_, id);
      if (!row.ok() || !row->has_value()) return true;
      for (size_t i = 0; i < key.size(); ++i) {
        if ((*row)->fields[dataset_.rules[rule].fields[i]] != key[i]) return true;
      }
      return false;
    });
    return candidates;
  }
  using Ids = std::vector<load::RowId>;

  load::SinkDataset dataset_ = testing::CustomerSinkDataset();
  std::unique_ptr<SinkFixture> fixture_;
};
}  // namespace sluice::contract
