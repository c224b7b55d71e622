#include "common/backup/restore_staging.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/testing/temporary_directory.h"

namespace sluice::backup {
namespace {

namespace fs = std::filesystem;

absl::Status Ignore(uint64_t) {
  return absl::OkStatus();
}

class RestoreStagingTest : public ::testing::Test {
 protected:
  RestoreStagingTest() {
    fs::create_directory(data_);
    auto target = BackupDirectory::OpenToWrite(root_.path() + "/backups");
    EXPECT_TRUE(target.ok());
    target_ = *std::move(target);
    Manifest manifest;
    manifest.set_id("01arz3ndektsv4rrffq69g5fa0");
    manifest.add_sinks()->set_path(elsewhere_);
    BackupWriter writer(*target_, manifest, Ignore);
    for (const std::string& name : {std::string("control.db"), std::string("log/CURRENT"),
                                    std::string("uploads/empty"), elsewhere_}) {
      const std::string path = root_.path() + "/file";
      std::ofstream(path) << (name == "uploads/empty" ? "" : name);
      EXPECT_TRUE(writer.AddFile(path, name, 3).ok());
    }
    EXPECT_TRUE(writer.Finish().ok());
    manifest_ = writer.manifest();
  }

  static std::string Read(const std::string& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  void ExpectWhole() const {
    EXPECT_FALSE(IsBeingRestored(data_));
    EXPECT_EQ(Read(data_ + "/control.db"), "control.db");
    EXPECT_EQ(Read(data_ + "/log/CURRENT"), "log/CURRENT");
    EXPECT_TRUE(fs::exists(data_ + "/uploads/empty"));
    EXPECT_EQ(Read(elsewhere_), elsewhere_);
    EXPECT_FALSE(fs::exists(elsewhere_ + ".restoring"));
  }
  absl::Status Stage() {
    auto staging = RestoreStaging::Open(data_);
    if (!staging.ok()) return staging.status();
    return staging->Stage(target_->parts(), manifest_, Ignore);
  }

  testing::TemporaryDirectory root_;
  const std::string data_ = root_.path() + "/data";
  const std::string elsewhere_ = root_.path() + "/elsewhere/crm.db";
  std::unique_ptr<BackupDirectory> target_;
  Manifest manifest_;
};

TEST_F(RestoreStagingTest, AllIsThereOrNothing) {
  ASSERT_TRUE(Stage().ok());
  EXPECT_TRUE(IsBeingRestored(data_));
  EXPECT_FALSE(fs::exists(data_ + "/control.db"));
  EXPECT_FALSE(fs::exists(elsewhere_));
  // As after a kill: another process finishes it.
  auto again = RestoreStaging::Open(data_);
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->whole(), manifest_.id());
  ASSERT_TRUE(again->Place().ok());
  ExpectWhole();
}

TEST_F(RestoreStagingTest, ACutInAnyPlaceIsFinished) {
  // What Place has done so far, in its order.
  for (const std::string cut_after : {"", "elsewhere", "log", "uploads", "control.db"}) {
    SCOPED_TRACE(cut_after);
    fs::remove_all(data_);
    fs::create_directory(data_);
    fs::remove_all(fs::path(elsewhere_).parent_path());
    ASSERT_TRUE(Stage().ok());
    for (const std::string done : {"elsewhere", "log", "uploads", "control.db"}) {
      if (cut_after.empty()) break;
      if (done == "elsewhere") {
        fs::rename(elsewhere_ + ".restoring", elsewhere_);
      } else {
        fs::rename(data_ + "/.restoring/files/" + done, data_ + "/" + done);
      }
      if (done == cut_after) break;
    }
    auto again = RestoreStaging::Open(data_);
    ASSERT_TRUE(again.ok()) << again.status();
    EXPECT_EQ(again->whole(), manifest_.id());
    ASSERT_TRUE(again->Place().ok());
    ExpectWhole();
  }
}

TEST_F(RestoreStagingTest, WhatWasNotWholeIsBegunAnew) {
  fs::create_directories(data_ + "/.restoring/files/log");
  std::ofstream(data_ + "/.restoring/files/log/old") << "old";
  std::ofstream(data_ + "/LOCK") << "1";
  ASSERT_TRUE(Stage().ok());
  ASSERT_TRUE(RestoreStaging::Open(data_)->Place().ok());
  ExpectWhole();
  EXPECT_FALSE(fs::exists(data_ + "/log/old"));
}

TEST_F(RestoreStagingTest, NothingIsWrittenOver) {
  std::ofstream(data_ + "/other") << "other";
  EXPECT_TRUE(absl::IsFailedPrecondition(RestoreStaging::Open(data_).status()));
  fs::remove(data_ + "/other");
  fs::create_directory(fs::path(elsewhere_).parent_path());
  for (const char* suffix : {"", "-wal", "-journal"}) {
    std::ofstream(elsewhere_ + suffix) << "mine";
    EXPECT_TRUE(absl::IsFailedPrecondition(Stage())) << suffix;
    EXPECT_FALSE(IsBeingRestored(data_));
    EXPECT_EQ(Read(elsewhere_ + suffix), "mine");
    fs::remove(elsewhere_ + suffix);
  }
}

TEST_F(RestoreStagingTest, ADamagedBackupLeavesNothing) {
  const std::string name = manifest_.files(1).parts(1).sha256();
  std::ofstream(target_->path() + "/parts/" + name.substr(0, 2) + "/" + name) << "?";
  EXPECT_TRUE(absl::IsDataLoss(Stage()));
  EXPECT_FALSE(IsBeingRestored(data_));
  EXPECT_FALSE(fs::exists(elsewhere_ + ".restoring"));
}

}  // namespace
}  // namespace sluice::backup
