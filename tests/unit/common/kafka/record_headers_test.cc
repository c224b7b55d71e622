#include "common/kafka/record_headers.h"

#include <gtest/gtest.h>

#include <string>

namespace sluice::kafka {
namespace {

std::string Value(const Headers& headers, const char* name) {
  const void* bytes = nullptr;
  size_t size = 0;
  if (rd_kafka_header_get_last(headers.get(), name, &bytes, &size) != 0) return "none";
  return {static_cast<const char*>(bytes), size};
}

TEST(RecordHeadersTest, AreTextThatToolsShow) {
  const Headers headers = EncodeHeaders({{stream::RecordKind::kEndOfImport, "01abc", 42}});
  EXPECT_EQ(Value(headers, "import"), "01abc");
  EXPECT_EQ(Value(headers, "row"), "42");
  EXPECT_EQ(Value(headers, "kind"), "end");
}

TEST(RecordHeadersTest, ABlockSaysHowManyRecordsItHas) {
  const Headers headers = EncodeHeaders({{stream::RecordKind::kData, "01abc", 0}, 500});
  EXPECT_EQ(Value(headers, "import"), "01abc");
  EXPECT_EQ(Value(headers, "kind"), "block");
  EXPECT_EQ(Value(headers, "records"), "500");
  EXPECT_EQ(Value(headers, "row"), "none");
}

TEST(RecordHeadersTest, WhatSaysNothingIsLeftOut) {
  EXPECT_EQ(EncodeHeaders({}), nullptr);
  const Headers headers = EncodeHeaders({{stream::RecordKind::kResult, {}, 0}});
  EXPECT_EQ(Value(headers, "kind"), "result");
  EXPECT_EQ(Value(headers, "import"), "none");
  EXPECT_EQ(Value(headers, "row"), "none");
}

}  // namespace
}  // namespace sluice::kafka
