#include "common/kafka/record_block.h"

#include <gtest/gtest.h>

#include "sluice/record/v1/record.pb.h"

namespace sluice::kafka {
namespace {

stream::RecordHeaders Of(std::string_view import_id, uint64_t row) {
  return {stream::RecordKind::kData, import_id, row};
}

TEST(RecordBlockTest, RecordsComeBack) {
  RecordBlock block;
  block.Add(Of("01abc", 7), "0123456789abcdef", "first");
  block.Add(Of("01abc", 0), "", "");
  EXPECT_EQ(block.headers().block_records, 2u);
  EXPECT_EQ(block.headers().record.import_id, "01abc");
  std::vector<stream::Record> records;
  ASSERT_TRUE(AppendRecords(block.bytes(), 42, "01abc", records).ok());
  ASSERT_EQ(records.size(), 2u);
  EXPECT_EQ(records[0].offset, 42u);
  EXPECT_EQ(records[0].headers.import_id, "01abc");
  EXPECT_EQ(records[0].headers.row, 7u);
  EXPECT_EQ(records[0].key, "0123456789abcdef");
  EXPECT_EQ(records[0].value, "first");
  EXPECT_EQ(records[1].offset, 42u);
  EXPECT_EQ(records[1].headers.row, 0u);
  EXPECT_EQ(records[1].key, "");
  EXPECT_EQ(records[1].value, "");
}

TEST(RecordBlockTest, IsTheMessageOfTheContract) {
  RecordBlock block;
  block.Add(Of("01abc", 7), "key", "value");
  record::v1::RecordBlock parsed;
  ASSERT_TRUE(parsed.ParseFromString(std::string(block.bytes())));
  ASSERT_EQ(parsed.records_size(), 1);
  EXPECT_EQ(parsed.records(0).key(), "key");
  EXPECT_EQ(parsed.records(0).row(), 7u);
  EXPECT_EQ(parsed.records(0).value(), "value");

  const std::string written = parsed.SerializeAsString();
  std::vector<stream::Record> records;
  ASSERT_TRUE(AppendRecords(written, 0, "01abc", records).ok());
  EXPECT_EQ(records.at(0).value, "value");
}

TEST(RecordBlockTest, IsOfOneImportAndNotTooLong) {
  RecordBlock block;
  EXPECT_TRUE(block.Takes(Of("a", 1), 2 * kBlockBytesMax));
  block.Add(Of("a", 1), {}, "v");
  EXPECT_TRUE(block.Takes(Of("a", 2), 1));
  EXPECT_FALSE(block.Takes(Of("b", 2), 1));
  // What is near the limit of a row does not come on top of a block.
  EXPECT_FALSE(block.Takes(Of("a", 2), kBlockBytesMax));
  block.Add(Of("a", 2), {}, std::string(kBlockBytesMax, 'v'));
  EXPECT_FALSE(block.Takes(Of("a", 3), 1));
  block.Clear();
  EXPECT_TRUE(block.empty());
  for (size_t i = 0; i < kBlockRecordsMax; ++i) block.Add(Of("b", i), {}, "v");
  EXPECT_FALSE(block.Takes(Of("b", 3), 1));
}

TEST(RecordBlockTest, DamageIsSeen) {
  std::vector<stream::Record> records;
  EXPECT_EQ(AppendRecords("\x0a\x7f", 0, "a", records).code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(AppendRecords(std::string("\x0a\x02\x0a\x09", 4), 0, "a", records).code(),
            absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace sluice::kafka
