// An SQLite sink in memory with the small dataset of customers, for tests of what stands on a sink.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "load/sqlite_sink.h"
#include "tests/testing/customer_plan.h"

namespace sluice::load {

class LoadSinkTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto sink = SqliteSink::Open({.path = ":memory:"}, random_);
    ASSERT_TRUE(sink.ok()) << sink.status();
    sink_ = *std::move(sink);
  }
  // Prepares the plan's dataset and begins a transaction.
  void Use(const SinkDataset& dataset) {
    dataset_ = dataset;
    ASSERT_TRUE(sink_->Prepare(dataset_).ok());
    ASSERT_TRUE(sink_->Begin().ok());
  }
  RowId Insert(RowId id, const std::vector<std::string>& values, uint64_t sequence = 1) {
    std::vector<std::string_view> fields(values.begin(), values.end());
    fields.resize(testing::kCustomerFields.size());
    NewRow row;
    row.id = id;
    row.source_row = 2;
    row.fields = fields;
    auto inserted = sink_->Insert(dataset_, row, sequence);
    EXPECT_TRUE(inserted.ok()) << inserted.status();
    return inserted.value_or(0);
  }

  base::SystemRandom random_;
  std::unique_ptr<SqliteSink> sink_;
  SinkDataset dataset_ = testing::CustomerSinkDataset();
};

}  // namespace sluice::load
