#include "common/base/suggestion.h"

#include <gtest/gtest.h>

namespace sluice::base {
namespace {

constexpr std::string_view kKnown[] = {"http", "grpc", "partitions", "data_dir"};

TEST(SuggestionTest, FindsSlipsOfTheFinger) {
  EXPECT_EQ(Nearest("htpt", kKnown), "http");
  EXPECT_EQ(Nearest("partition", kKnown), "partitions");
  EXPECT_EQ(Nearest("DATA_DIR", kKnown), "data_dir");
  EXPECT_EQ(DidYouMean("datadir", kKnown), " (did you mean 'data_dir'?)");
}

TEST(SuggestionTest, SaysNothingWhenNothingIsNear) {
  EXPECT_EQ(Nearest("kafka", kKnown), "");
  EXPECT_EQ(DidYouMean(std::string(5000, 'x'), kKnown), "");
  EXPECT_EQ(DidYouMean("nmae", std::vector<std::string>()), "");
}

TEST(SuggestionTest, TakesListsThatAreMadeAtRunTime) {
  EXPECT_EQ(DidYouMean("nmae", std::vector<std::string>{"phone", "name"}),
            " (did you mean 'name'?)");
}

}  // namespace
}  // namespace sluice::base
