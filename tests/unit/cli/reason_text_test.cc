#include "cli/reason_text.h"

#include <gtest/gtest.h>

#include <fstream>
#include <regex>
#include <set>
#include <string>

#include "common/normalize/repair.h"

namespace sluice::cli {
namespace {

// Every code that the documentation names in a table.
std::set<std::string> DocumentedCodes() {
  std::set<std::string> codes;
  for (const char* file : {"/docs/cleaning.md", "/docs/formats.md"}) {
    std::ifstream text(std::string(SLUICE_SOURCE_DIR) + file);
    EXPECT_TRUE(text) << file;
    std::string line;
    // Only tables whose first column is a code.
    bool codes_here = false;
    while (std::getline(text, line)) {
      if (!line.starts_with("|")) codes_here = false;
      if (line.starts_with("| code |")) codes_here = true;
      if (!codes_here) continue;
      const std::string first = line.substr(0, line.find('|', 1));
      static const std::regex code("`([a-z_]+)`");
      for (std::sregex_iterator at(first.begin(), first.end(), code), end; at != end; ++at) {
        codes.insert((*at)[1]);
      }
    }
  }
  return codes;
}

TEST(ReasonTextTest, EveryDocumentedCodeHasWordsInBothLanguages) {
  const std::set<std::string> codes = DocumentedCodes();
  EXPECT_GT(codes.size(), 15U);
  for (const std::string& code : codes) {
    for (const Language language : {Language::kEnglish, Language::kChinese}) {
      EXPECT_NE(ReasonText(language, code), code);
    }
    EXPECT_NE(ReasonText(Language::kEnglish, code), ReasonText(Language::kChinese, code)) << code;
    EXPECT_FALSE(IsRepair(code)) << code;
  }
}

TEST(ReasonTextTest, RepairsAreNothingToBeMended) {
  for (size_t i = 0; i < normalize::kRepairCount; ++i) {
    const std::string_view code = normalize::Name(static_cast<normalize::Repair>(i));
    EXPECT_TRUE(IsRepair(code)) << code;
    EXPECT_NE(ReasonText(Language::kChinese, code), code);
  }
}

TEST(ReasonTextTest, AnUnknownCodeStandsForItself) {
  EXPECT_EQ(ReasonText(Language::kEnglish, "from_the_future"), "from_the_future");
}

}  // namespace
}  // namespace sluice::cli
