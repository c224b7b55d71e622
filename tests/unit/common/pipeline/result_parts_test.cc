#include "common/pipeline/result_parts.h"

#include <gtest/gtest.h>

#include <string>

#include "common/pipeline/result_builder.h"

namespace sluice::pipeline {
namespace {

constexpr size_t kSmall = 200;

ResultBuilder Builder() {
  return {"01import", 0, recordpb::STAGE_CLEAN, 3};
}

std::vector<recordpb::StageResult> Parsed(const std::vector<std::string>& parts) {
  std::vector<recordpb::StageResult> parsed;
  for (const std::string& part : parts) {
    EXPECT_TRUE(parsed.emplace_back().ParseFromString(part));
  }
  return parsed;
}

TEST(ResultPartsTest, WhatFitsIsOneMessageAndSaysNothingOfParts) {
  ResultBuilder builder = Builder();
  builder.AddRow(recordpb::OUTCOME_REJECTED, 7, 6, "code", "name");
  builder.End();
  const auto parts = Parsed(builder.Finish(kSmall));
  ASSERT_EQ(parts.size(), 1u);
  EXPECT_FALSE(parts[0].more());
  EXPECT_EQ(parts[0].part(), 0u);
  EXPECT_TRUE(parts[0].ended());
}

TEST(ResultPartsTest, EveryRowAndIssueIsInOnePartInOrderAndCountsAreInTheLast) {
  ResultBuilder builder = Builder();
  constexpr uint64_t kRows = 50;
  for (uint64_t row = 1; row <= kRows; ++row) {
    builder.AddRow(recordpb::OUTCOME_REJECTED, row, row, "code", "name");
    builder.AddIssue(row, "trimmed", "name", " a ", "a");
  }
  builder.End();
  const std::vector<std::string> bytes = builder.Finish(kSmall);
  const auto parts = Parsed(bytes);
  ASSERT_GT(parts.size(), 10u);
  uint64_t rows = 0;
  uint64_t issues = 0;
  for (size_t i = 0; i < parts.size(); ++i) {
    const bool last = i + 1 == parts.size();
    EXPECT_EQ(parts[i].part(), i);
    EXPECT_EQ(parts[i].more(), !last);
    EXPECT_EQ(parts[i].ended(), last);
    EXPECT_EQ(parts[i].outcomes_size() + parts[i].issue_counts_size(), last ? 2 : 0);
    EXPECT_EQ(parts[i].import_id(), "01import");
    EXPECT_EQ(parts[i].stage(), recordpb::STAGE_CLEAN);
    EXPECT_EQ(parts[i].partition(), 3u);
    // Names and numbers of the result, and its counts, come on top.
    EXPECT_LE(bytes[i].size(), kSmall + 60);
    for (const recordpb::RowResult& row : parts[i].rows()) EXPECT_EQ(row.row(), ++rows);
    for (const recordpb::Issue& issue : parts[i].issues()) EXPECT_EQ(issue.row(), ++issues);
  }
  EXPECT_EQ(rows, kRows);
  EXPECT_EQ(issues, kRows);
}

TEST(ResultPartsTest, PartsOfLoadStandAtItsPosition) {
  recordpb::StageResult result;
  result.set_stage(recordpb::STAGE_LOAD);
  result.set_position(42);
  for (int i = 0; i < 100; ++i) result.add_rows()->set_row(i + 1);
  const auto parts = Parsed(SerializeInParts(result, kSmall));
  ASSERT_GT(parts.size(), 1u);
  for (const recordpb::StageResult& part : parts) EXPECT_EQ(part.position(), 42u);
}

TEST(ResultPartsTest, AnIssueLargerThanAMessageIsCutBetweenCharacters) {
  std::string huge;
  while (huge.size() < 3u << 20) huge += "客户";
  ResultBuilder builder = Builder();
  builder.AddIssue(1, "trimmed", huge, huge, "x" + huge);
  builder.AddRow(recordpb::OUTCOME_REJECTED, 1, 0, "code", huge);
  const std::vector<std::string> bytes = builder.Finish(kResultBytesMax);
  for (const std::string& part : bytes) EXPECT_LE(part.size(), kResultBytesMax);
  // ParseFromString refuses what is not UTF-8.
  const auto parts = Parsed(bytes);
  const recordpb::Issue& issue = parts.back().issues(0);
  EXPECT_GT(issue.before().size(), 60u << 10);
  EXPECT_EQ(issue.before().substr(issue.before().size() - 6), "户…");
  EXPECT_EQ(issue.after()[0], 'x');
}

}  // namespace
}  // namespace sluice::pipeline
