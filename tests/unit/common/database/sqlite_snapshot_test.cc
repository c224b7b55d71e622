#include <gtest/gtest.h>

#include <filesystem>

#include "common/base/status.h"
#include "common/database/sqlite.h"
#include "tests/testing/temporary_directory.h"

namespace sluice::database {
namespace {

class SqliteSnapshotTest : public ::testing::Test {
 protected:
  SqliteSnapshotTest() {
    SqliteOptions options;
    options.path = directory_.path() + "/a.db";
    auto writer = SqliteConnection::Open(options);
    EXPECT_TRUE(writer.ok()) << writer.status();
    writer_ = *std::move(writer);
    EXPECT_TRUE(writer_->Execute("CREATE TABLE t(x); INSERT INTO t VALUES (1)").ok());
    options.read_only = true;
    auto reader = SqliteConnection::Open(options);
    EXPECT_TRUE(reader.ok()) << reader.status();
    reader_ = *std::move(reader);
  }
  std::string Copy() const { return directory_.path() + "/copy.db"; }
  int64_t RowsInCopy() const {
    SqliteOptions options;
    options.path = Copy();
    options.must_exist = true;
    const auto copy = SqliteConnection::Open(options);
    EXPECT_TRUE(copy.ok()) << copy.status();
    EXPECT_EQ(*(*copy)->QueryInt("SELECT count(*) FROM pragma_integrity_check "
                                 "WHERE integrity_check = 'ok'"),
              1);
    return (*copy)->QueryInt("SELECT count(*) FROM t")->value_or(-1);
  }

  testing::TemporaryDirectory directory_;
  std::unique_ptr<SqliteConnection> writer_;
  std::unique_ptr<SqliteConnection> reader_;
};

TEST_F(SqliteSnapshotTest, HoldsTheMomentItWasTaken) {
  // As load has one open between two steps.
  ASSERT_TRUE(writer_->Begin().ok());
  ASSERT_TRUE(writer_->Execute("INSERT INTO t VALUES (2)").ok());
  ASSERT_TRUE(reader_->BeginSnapshot().ok());
  ASSERT_TRUE(writer_->Commit().ok());
  ASSERT_TRUE(writer_->Execute("INSERT INTO t VALUES (3)").ok());
  uint64_t bytes = 0;
  const absl::Status copied = reader_->CopyTo(Copy(), [&](uint64_t more) {
    bytes += more;
    // It goes on meanwhile.
    return writer_->Execute("INSERT INTO t VALUES (4)");
  });
  ASSERT_TRUE(copied.ok()) << copied;
  EXPECT_EQ(bytes, std::filesystem::file_size(Copy()));
  EXPECT_EQ(RowsInCopy(), 1);
}

TEST_F(SqliteSnapshotTest, WhoAsksForItCanEndIt) {
  ASSERT_TRUE(reader_->BeginSnapshot().ok());
  EXPECT_TRUE(absl::IsCancelled(
      reader_->CopyTo(Copy(), [](uint64_t) { return absl::CancelledError("enough"); })));
}

}  // namespace
}  // namespace sluice::database
