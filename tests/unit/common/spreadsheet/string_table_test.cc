#include "common/spreadsheet/string_table.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "common/spreadsheet/refusal.h"

namespace sluice::spreadsheet {
namespace {

// With a budget of nothing all but the last block is in the file.
TEST(StringTableTest, GivesBackWhatWasAddedFromMemoryAndFromTheFile) {
  for (const uint64_t budget : {uint64_t{0}, uint64_t{200'000}, uint64_t{1} << 30}) {
    Limits limits;
    limits.strings_in_memory = budget;
    StringTable table(limits);
    std::mt19937 random(3);
    std::vector<std::string> strings;
    for (int i = 0; i < 30'000; ++i) {
      const size_t length = i % 5000 == 17 ? 150'000 : random() % 40;
      strings.emplace_back(length, static_cast<char>('a' + i % 26));
      ASSERT_TRUE(table.Add(strings.back()).ok());
    }
    ASSERT_EQ(table.size(), strings.size());
    for (int i = 0; i < 60'000; ++i) {
      const size_t index = i < 30'000 ? static_cast<size_t>(i) : random() % strings.size();
      bool lasting = false;
      const auto text = table.Get(index, lasting);
      ASSERT_TRUE(text.ok());
      ASSERT_EQ(*text, strings[index]) << index;
    }
  }
}

// Views that last stay true while more strings are added.
TEST(StringTableTest, GivesBackWhileItGrows) {
  for (const uint64_t budget : {uint64_t{0}, uint64_t{200'000}, uint64_t{1} << 30}) {
    Limits limits;
    limits.strings_in_memory = budget;
    StringTable table(limits);
    std::vector<std::pair<std::string_view, std::string>> kept;
    for (int i = 0; i < 30'000; ++i) {
      const std::string text = std::to_string(i) + std::string(20, 'x');
      ASSERT_TRUE(table.Add(text).ok());
      bool lasting = false;
      const auto got = table.Get(static_cast<uint64_t>(i), lasting);
      ASSERT_TRUE(got.ok());
      ASSERT_EQ(*got, text);
      if (lasting) kept.emplace_back(*got, text);
    }
    EXPECT_EQ(kept.empty(), budget == 0);
    for (const auto& [view, text] : kept) ASSERT_EQ(view, text);
  }
}

TEST(StringTableTest, IsRefusedBeyondTheLimit) {
  Limits limits;
  limits.strings = 100;
  StringTable table(limits);
  EXPECT_TRUE(table.Add(std::string(90, 'x')).ok());
  EXPECT_EQ(RefusalCode(table.Add(std::string(20, 'x'))), "too_large");
}

}  // namespace
}  // namespace sluice::spreadsheet
