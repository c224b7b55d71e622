// What released versions left in PostgreSQL is opened by this one. tests/data/stores holds a dump
// for each set of schema versions: two imports of 60 and 40 rows through the services. A new one is
// added when a version is released, none is changed.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "common/base/ulid.h"
#include "common/plan/dataset.h"
#include "control/postgres_control_schema.h"
#include "control/postgres_control_store.h"
#include "load/postgres_schema.h"
#include "load/postgres_sink.h"
#include "tests/testing/postgres_server.h"

namespace sluice {
namespace {

class PostgresUpgradeTest : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    testing::PostgresServer& server = testing::SharedPostgresServer();
    const auto database = server.MakeDatabase();
    ASSERT_TRUE(database.ok()) << database.status();
    owner_ = server.ConnectionString("sluice_owner", *database);
    writer_ = server.ConnectionString("sluice_writer", *database);
    control_ = server.ConnectionString("sluice_control", *database);
    std::ifstream file(GetParam());
    std::stringstream dump;
    dump << file.rdbuf();
    Execute(dump.str());
  }
  void Execute(const std::string& sql) {
    database::PostgresOptions options;
    options.connection = owner_;
    const auto owner = database::PostgresConnection::Open(options);
    ASSERT_TRUE(owner.ok()) << owner.status();
    const absl::Status status = (*owner)->Execute(sql);
    ASSERT_TRUE(status.ok()) << status;
  }
  int64_t CountIndexes() {
    database::PostgresOptions options;
    options.connection = owner_;
    const auto owner = database::PostgresConnection::Open(options);
    return (*owner)
        ->Query("SELECT count(*) FROM pg_index WHERE indrelid = 'public.customers'::regclass")
        ->Int(0, 0);
  }
  int64_t VersionOf(const database::PostgresSchema& schema) {
    database::PostgresOptions options;
    options.connection = owner_;
    const auto owner = database::PostgresConnection::Open(options);
    return *ReadSchemaVersion(**owner, schema);
  }

  std::string owner_;
  std::string writer_;
  std::string control_;
};

TEST_P(PostgresUpgradeTest, TheSinkKnowsItsRowsJournalAndFences) {
  load::PostgresSinkOptions options;
  options.connection.connection = writer_;
  options.owner = owner_;
  const auto sink = load::PostgresSink::Open(options);
  ASSERT_TRUE(sink.ok()) << sink.status();
  EXPECT_EQ(VersionOf(load::SinkSchema()), load::SinkSchema().version());
  const auto customers = plan::FindDataset("customers", "");
  ASSERT_TRUE(customers.ok());
  const load::SinkDataset dataset{*customers, {}};
  const int64_t indexes = CountIndexes();
  EXPECT_GT(indexes, 1);
  const absl::Status prepared = (*sink)->Prepare(dataset);
  ASSERT_TRUE(prepared.ok()) << prepared;
  // Those that came with the dump are used.
  EXPECT_EQ(CountIndexes(), indexes);
  const auto other = (*sink)->OtherLog("none");
  ASSERT_TRUE(other.ok() && !other->empty());
  EXPECT_EQ(*(*sink)->OtherLog(*other), "");
  // The first row of the first import has the sequence's first id; it has its entry still.
  constexpr load::RowId kFirst = int64_t{1} << 32;
  ASSERT_TRUE((*sink)->Begin().ok());
  const auto row = (*sink)->ReadRow(dataset, kFirst);
  ASSERT_TRUE(row.ok() && row->has_value()) << row.status();
  const auto entry = (*sink)->ReadEntry(dataset, kFirst, 1);
  ASSERT_TRUE(entry.ok() && entry->has_value()) << entry.status();
  EXPECT_EQ((*entry)->kind, load::EntryKind::kCreated);
  EXPECT_EQ((*entry)->import_sequence, 1u);
  (*sink)->Abort();
  Execute("UPDATE sluice.schema_version SET version = version + 1");
  EXPECT_TRUE(absl::IsFailedPrecondition(load::PostgresSink::Open(options).status()));
}

TEST_P(PostgresUpgradeTest, ControlKnowsItsImports) {
  control::PostgresControlOptions options;
  options.connection.connection = control_;
  options.owner = owner_;
  base::SystemClock clock;
  base::SystemRandom random;
  control::PostgresControlStore store(options, clock, random);
  const auto imports = store.ListImports();
  ASSERT_TRUE(imports.ok()) << imports.status();
  EXPECT_EQ(VersionOf(control::ControlSchema()), control::ControlSchema().version());
  ASSERT_EQ(imports->size(), 2u);
  for (const auto& [index, rows] : {std::pair{1u, 60u}, {0u, 40u}}) {
    const control::ImportRecord& import = (*imports)[index];
    EXPECT_EQ(import.state, control::controlpb::IMPORT_STATE_COMPLETED);
    EXPECT_EQ(import.counts.rows, rows);
    EXPECT_EQ(import.counts.Finished(), static_cast<int64_t>(rows));
    EXPECT_EQ(import.plan.sink(), "customers");
  }
  EXPECT_FALSE(store.GetInstallation()->log_id.empty());
  EXPECT_GT(*store.ResultsOffset(0), 0u);
}

std::vector<std::string> Dumps() {
  std::vector<std::string> dumps;
  for (const auto& entry :
       std::filesystem::directory_iterator(SLUICE_SOURCE_DIR "/tests/data/stores")) {
    if (entry.path().extension() == ".sql") dumps.push_back(entry.path().string());
  }
  return dumps;
}

// An empty list fails.
INSTANTIATE_TEST_SUITE_P(Released, PostgresUpgradeTest, ::testing::ValuesIn(Dumps()),
                         [](const auto& dump) { return "Version" + std::to_string(dump.index); });

}  // namespace
}  // namespace sluice
