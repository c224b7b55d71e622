// How well columns are mapped without being told, over header rows as systems export them
// (tests/data/recognise): the tuned part was looked at while the words were chosen, the held out
// part was not. Right: the column goes where it should; a miss: nowhere; wrong: somewhere else.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "common/plan/suggestion.h"
#include "tests/unit/common/recognise/synthetic_values.h"

namespace sluice::recognise {
namespace {

struct ExpectedColumn {
  std::string header;
  std::string field;    // "-" none
  bool either = false;  // mapped there or not at all
  std::string values;
};

struct Collection {
  std::string name;
  std::string dataset;
  std::vector<ExpectedColumn> columns;
};

Collection Read(const std::filesystem::path& path) {
  std::ifstream file(path);
  Collection collection{.name = path.stem()};
  std::string line;
  std::getline(file, line);
  collection.dataset = line.substr(line.find('\t') + 1);
  while (std::getline(file, line)) {
    std::stringstream parts(line);
    ExpectedColumn column;
    std::getline(parts, column.header, '\t');
    std::getline(parts, column.field, '\t');
    std::getline(parts, column.values, '\t');
    column.either = column.field.ends_with('?');
    if (column.either) column.field.pop_back();
    collection.columns.push_back(std::move(column));
  }
  return collection;
}

std::vector<Collection> ReadAll(const std::string& part) {
  std::vector<Collection> collections;
  const std::filesystem::path folder =
      std::filesystem::path(SLUICE_SOURCE_DIR) / "tests/data/recognise" / part;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    collections.push_back(Read(entry.path()));
  }
  std::sort(collections.begin(), collections.end(),
            [](const Collection& a, const Collection& b) { return a.name < b.name; });
  return collections;
}

struct Tally {
  int columns = 0;
  int mappable = 0;
  int right = 0;
  int missed = 0;
  int mapped = 0;
  int wrong = 0;
  std::string findings;

  double RightShare() const { return static_cast<double>(right) / mappable; }
  double WrongShare() const { return static_cast<double>(wrong) / mapped; }
};

formats::SourceShape ShapeOf(const Collection& collection, bool with_values) {
  formats::SourceShape shape;
  shape.header_row = collection.name.starts_with("without_header") ? 0 : 1;
  for (const ExpectedColumn& column : collection.columns) shape.columns.push_back(column.header);
  for (uint32_t row = 0; with_values && row < 60; ++row) {
    std::vector<std::string>& cells = shape.sample_rows.emplace_back();
    for (const ExpectedColumn& column : collection.columns) {
      cells.push_back(SyntheticValue(column.values, row));
    }
  }
  return shape;
}

void Score(const Collection& collection, bool with_values, Tally& tally) {
  const auto dataset = plan::FindDataset(collection.dataset, "");
  ASSERT_TRUE(dataset.ok());
  const auto suggested = plan::SuggestColumns(ShapeOf(collection, with_values), *dataset);
  for (size_t i = 0; i < suggested.size(); ++i) {
    const ExpectedColumn& expected = collection.columns[i];
    const std::string got = suggested[i].to.has_value()
                                ? dataset->fields(static_cast<int>(suggested[i].to->field)).name()
                                : "-";
    ++tally.columns;
    const bool wanted = expected.field != "-" && !expected.either;
    tally.mappable += wanted ? 1 : 0;
    tally.mapped += got != "-" ? 1 : 0;
    if (got == expected.field) {
      tally.right += wanted ? 1 : 0;
      continue;
    }
    if (got == "-" && expected.either) continue;
    const bool miss = got == "-";
    ++(miss ? tally.missed : tally.wrong);
    tally.findings += "  " + std::string(miss ? "missed " : "WRONG ") + collection.name + ": " +
                      expected.header + " is " + expected.field + ", not " + got + "\n";
  }
}

Tally ScoreAll(const std::string& part, bool with_values) {
  Tally tally;
  for (const Collection& collection : ReadAll(part)) {
    if (!with_values && collection.name.starts_with("without_header")) continue;
    Score(collection, with_values, tally);
  }
  std::cout << part << (with_values ? "" : " (headers alone)") << ": " << tally.columns
            << " columns, " << tally.mappable << " to be mapped: " << tally.right << " right ("
            << 100 * tally.RightShare() << " %), " << tally.missed << " missed; of " << tally.mapped
            << " mapped " << tally.wrong << " wrong (" << 100 * tally.WrongShare() << " %)\n"
            << tally.findings;
  return tally;
}

TEST(CollectionsTest, TunedHeadersGoWhereTheyBelong) {
  const Tally tally = ScoreAll("tuned", true);
  EXPECT_GE(tally.RightShare(), 0.95);
  EXPECT_LE(tally.WrongShare(), 0.01);
}

TEST(CollectionsTest, HeldOutHeadersGoWhereTheyBelong) {
  const Tally tally = ScoreAll("held_out", true);
  EXPECT_GE(tally.RightShare(), 0.9);
  EXPECT_LE(tally.WrongShare(), 0.01);
}

// Headers one by one, as they were judged by a person who read where each went.
TEST(CollectionsTest, EachHeaderByItselfGoesWhereItBelongs) {
  std::ifstream file(std::filesystem::path(SLUICE_SOURCE_DIR) / "tests/data/recognise/alone.tsv");
  std::string line;
  int headers = 0;
  while (std::getline(file, line)) {
    std::stringstream parts(line);
    std::string dataset;
    std::string header;
    std::string field;
    std::getline(parts, dataset, '\t');
    std::getline(parts, header, '\t');
    std::getline(parts, field, '\t');
    const Collection alone{"alone", dataset, {{header, field, false, "blank"}}};
    Tally tally;
    Score(alone, true, tally);
    EXPECT_EQ(tally.findings, "") << dataset;
    ++headers;
  }
  EXPECT_GE(headers, 900);
}

TEST(CollectionsTest, HeadersAloneAreEnoughForMost) {
  for (const char* part : {"tuned", "held_out"}) {
    const Tally tally = ScoreAll(part, false);
    EXPECT_GE(tally.RightShare(), 0.9) << part;
    EXPECT_LE(tally.WrongShare(), 0.02) << part;
  }
}

}  // namespace
}  // namespace sluice::recognise
