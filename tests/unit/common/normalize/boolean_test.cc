#include "common/normalize/boolean.h"

#include <gtest/gtest.h>

#include <string>

namespace sluice::normalize {
namespace {

std::string Boolean(std::string_view text) {
  std::string buffer;
  const ValueResult result = NormalizeBoolean(text, buffer);
  return result.valid ? std::string(result.value) : std::string(result.code);
}

TEST(BooleanTest, KnowsItsAnswers) {
  for (const char* text : {"true", "TRUE", "yes", "Y", "1", "是", "对", "有", "✓"}) {
    EXPECT_EQ(Boolean(text), "true") << text;
  }
  for (const char* text : {"false", "False", "no", "N", "0", "否", "错", "无", "✗"}) {
    EXPECT_EQ(Boolean(text), "false") << text;
  }
}

TEST(BooleanTest, OtherTextsAreRefused) {
  for (const char* text : {"", "t", "f", "2", "oui", "是的", "falsefalse", "true "}) {
    EXPECT_EQ(Boolean(text), "type_mismatch") << text;
  }
}

}  // namespace
}  // namespace sluice::normalize
