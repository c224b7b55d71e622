// Two sheets in one import under random orders of steps and kills: contacts are linked to the
// accounts of their own import, as if nothing had happened.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>
#include <random>
#include <sstream>

#include "common/spreadsheet/workbook_writer.h"
#include "tests/testing/pipeline_driver.h"
#include "tests/testing/power_loss_file_system.h"
#include "tests/testing/power_loss_vfs.h"
#include "tests/testing/temporary_directory.h"

namespace sluice::testing {
namespace {

constexpr int kAccounts = 40;
constexpr int kContacts = 90;
constexpr const char* kMapping = R"(sheets:
  - {sheet: contacts, dataset: contacts, columns: [
      {from: id, to: external_id}, {from: name, to: name}, {from: company, to: account}]}
  - {sheet: accounts, dataset: accounts, columns: [
      {from: id, to: external_id}, {from: name, to: name}]}
)";

using Row = std::vector<std::string>;

void AddSheet(spreadsheet::WorkbookWriter& book, const std::string& name,
              const std::vector<Row>& rows) {
  const std::vector<double> widths(rows[0].size(), 10);
  ASSERT_TRUE(book.AddSheet(name, widths).ok());
  for (const Row& row : rows) {
    std::vector<spreadsheet::WrittenCell> cells;
    for (const std::string& text : row) cells.push_back({text});
    ASSERT_TRUE(book.AddRow(cells).ok());
  }
}

// Contacts first: by number, by name, of new companies, and of none.
std::string Workbook(const std::string& path) {
  std::vector<Row> contacts = {{"id", "name", "company"}};
  for (int i = 0; i < kContacts; ++i) {
    const std::string companies[] = {fmt::format("K{}", i % kAccounts),
                                     fmt::format("company {}", i % kAccounts),
                                     fmt::format("new {}", i % 7), ""};
    contacts.push_back({fmt::format("C{}", i), fmt::format("person {}", i), companies[i % 4]});
  }
  std::vector<Row> accounts = {{"id", "name"}};
  for (int i = 0; i < kAccounts; ++i) {
    accounts.push_back({fmt::format("K{}", i), fmt::format("company {}", i)});
  }
  spreadsheet::WorkbookWriter book(path);
  AddSheet(book, "contacts", contacts);
  AddSheet(book, "accounts", accounts);
  EXPECT_TRUE(book.Finish().ok());
  std::ifstream file(path, std::ios::binary);
  return (std::ostringstream() << file.rdbuf()).str();
}

class ReferencesPipelineTest : public ::testing::Test {
 protected:
  void SetUp() override {
    workbook_ = Workbook(folder_.path() + "/book.xlsx");
    auto mapping = plan::ParseMapping(kMapping, "m.yaml");
    ASSERT_TRUE(mapping.ok()) << mapping.status();
    request_.mapping = *std::move(mapping);
  }
  PipelineOptions Options(uint64_t seed) {
    directories_.push_back(std::make_unique<TemporaryDirectory>());
    PipelineOptions options;
    options.directory = directories_.back()->path();
    options.env = files_.env();
    options.vfs = vfs_.name();
    options.seed = seed;
    // Every batch is smaller than a sheet, and so is the lead.
    options.lead_rows = 30;
    return options;
  }
  // Counts, and what is linked to what; ids only where the order of the rows is one.
  static std::vector<std::string> EndOf(PipelineDriver& driver, const std::string& id) {
    const auto import = driver.store().GetImport(id);
    EXPECT_TRUE(import.ok());
    std::vector<std::string> end = {
        fmt::format("{} rows {} created {}", control::StateName(import->state), import->counts.rows,
                    import->counts.created_references)};
    for (const auto& [outcome, count] : import->counts.outcomes) {
      if (count != 0) end.push_back(fmt::format("outcome {}: {}", outcome, count));
    }
    for (const auto& [code, count] : import->counts.issues) {
      end.push_back(fmt::format("issue {}: {}", code, count));
    }
    for (const char* sql :
         {"SELECT quote(external_id) || name FROM accounts ORDER BY 1",
          "SELECT c.external_id || '>' || quote(a.name) FROM contacts c LEFT JOIN accounts a ON "
          "a.id = c.account_id ORDER BY 1",
          "SELECT 'met ' || row_id FROM sluice_met"}) {
      const auto lines = driver.ReadSink(sql);
      EXPECT_TRUE(lines.ok()) << lines.status();
      end.insert(end.end(), lines->begin(), lines->end());
    }
    return end;
  }
  void Run(bool whole, uint64_t seed, bool kills, std::vector<std::string>& end) {
    PipelineDriver driver(Options(seed));
    ASSERT_TRUE(driver.Open().ok());
    request_.whole_bytes_max = whole ? uint64_t{1} << 30 : 1;
    const auto id = driver.Start(workbook_, request_);
    ASSERT_TRUE(id.ok()) << id.status();
    std::mt19937_64 random(seed);
    for (int step = 0; kills && step < 400; ++step) {
      if (random() % 40 == 0) {
        driver.Kill();
        ASSERT_TRUE(driver.Open().ok());
      }
      const auto stepped = driver.Step(static_cast<PipelinePart>(random() % kPipelineParts));
      ASSERT_TRUE(stepped.ok()) << stepped.status();
    }
    const absl::Status ended = driver.RunToEnd(*id);
    ASSERT_TRUE(ended.ok()) << ended;
    end = EndOf(driver, *id);
  }

  PowerLossFileSystem files_;
  PowerLossVfs vfs_{"references-test"};
  TemporaryDirectory folder_;
  std::vector<std::unique_ptr<TemporaryDirectory>> directories_;
  std::string workbook_;
  control::StartRequest request_;
};

TEST_F(ReferencesPipelineTest, AnyOrderOfStepsAndKillsEndsAlike) {
  std::vector<std::string> expected;
  Run(true, 1, false, expected);
  ASSERT_FALSE(HasFatalFailure());
  EXPECT_EQ(expected[0], fmt::format("completed rows {} created 7", kAccounts + kContacts));
  EXPECT_EQ(expected[1], fmt::format("outcome 1: {}", kAccounts + kContacts));
  for (uint64_t seed = 2; seed < 40; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    std::vector<std::string> end;
    Run(seed % 2 == 0, seed, true, end);
    if (HasFatalFailure()) return;
    ASSERT_EQ(end, expected);
  }
}

}  // namespace
}  // namespace sluice::testing
