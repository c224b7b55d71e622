#include "common/backup/backup_directory.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "common/backup/backup_writer.h"
#include "common/backup/restore_staging.h"
#include "tests/testing/temporary_directory.h"

namespace sluice::backup {
namespace {

namespace fs = std::filesystem;

constexpr const char* kIds[] = {"01arz3ndektsv4rrffq69g5fa0", "01arz3ndektsv4rrffq69g5fa1",
                                "01arz3ndektsv4rrffq69g5fa2"};

absl::Status Ignore(uint64_t) {
  return absl::OkStatus();
}

class BackupDirectoryTest : public ::testing::Test {
 protected:
  std::string Target() const { return directory_.path() + "/backups"; }
  std::string Write(const std::string& name, const std::string& bytes) const {
    const std::string path = directory_.path() + "/" + name;
    std::ofstream(path, std::ios::binary) << bytes;
    return path;
  }
  // A backup of one file.
  Manifest Make(BackupDirectory& target, const std::string& id, const std::string& bytes) const {
    Manifest manifest;
    manifest.set_id(id);
    BackupWriter writer(target, manifest, Ignore);
    EXPECT_TRUE(writer.AddFile(Write("file", bytes), "control.db", 4).ok());
    EXPECT_TRUE(writer.Finish().ok());
    return writer.manifest();
  }
  size_t Parts() const {
    size_t count = 0;
    for (const auto& entry : fs::recursive_directory_iterator(Target() + "/parts")) {
      count += entry.is_regular_file() ? 1 : 0;
    }
    return count;
  }

  testing::TemporaryDirectory directory_;
};

TEST_F(BackupDirectoryTest, WhatIsEqualIsStoredOnce) {
  auto target = BackupDirectory::OpenToWrite(Target());
  ASSERT_TRUE(target.ok()) << target.status();
  EXPECT_EQ(Make(**target, kIds[0], "aaaabbbbcc").new_bytes(), 10u);
  EXPECT_EQ(Make(**target, kIds[1], "aaaaBBBBcc").new_bytes(), 4u);
  EXPECT_EQ(Parts(), 4u);
  const auto newest = (*target)->Find("");
  ASSERT_TRUE(newest.ok());
  EXPECT_EQ(newest->id(), kIds[1]);
  EXPECT_EQ(SizeBytes(*newest), 10u);
}

TEST_F(BackupDirectoryTest, ANamedFileIsNotReadAgain) {
  auto target = BackupDirectory::OpenToWrite(Target());
  ASSERT_TRUE(target.ok());
  const std::string path = Write("upload", "12345");
  for (const char* id : {kIds[0], kIds[1]}) {
    Manifest manifest;
    manifest.set_id(id);
    BackupWriter writer(**target, manifest, Ignore);
    ASSERT_TRUE(writer.AddNamedFile(path, "uploads/x", 5).ok());
    ASSERT_TRUE(writer.Finish().ok());
    EXPECT_EQ(writer.manifest().new_bytes(), id == kIds[0] ? 5u : 0u);
    fs::remove(path);
  }
  EXPECT_TRUE(Verify((*target)->parts(), *(*target)->Find(""), Ignore).ok());
}

TEST_F(BackupDirectoryTest, OnlyTheNewestAreKeptAndWhatTheyNeed) {
  auto target = BackupDirectory::OpenToWrite(Target());
  ASSERT_TRUE(target.ok());
  Make(**target, kIds[0], "aaaabbbb");
  Make(**target, kIds[1], "aaaacccc");
  Make(**target, kIds[2], "aaaadddd");
  // Left by one that was cut.
  Write("backups/parts/incoming", "ha");
  ASSERT_TRUE((*target)->parts().Put("left").ok());
  const auto removed = (*target)->KeepNewest(2);
  ASSERT_TRUE(removed.ok()) << removed.status();
  EXPECT_EQ(*removed, 1u);
  EXPECT_EQ(Parts(), 3u);
  EXPECT_TRUE(Verify((*target)->parts(), *(*target)->Find(kIds[1]), Ignore).ok());
  EXPECT_TRUE(absl::IsNotFound((*target)->Find(kIds[0]).status()));
}

TEST_F(BackupDirectoryTest, WhereAManifestCannotBeReadNoBytesAreRemoved) {
  auto target = BackupDirectory::OpenToWrite(Target());
  ASSERT_TRUE(target.ok());
  Make(**target, kIds[0], "aaaa");
  Make(**target, kIds[1], "bbbb");
  Make(**target, kIds[2], "cccc");
  Write("backups/manifests/" + std::string(kIds[1]) + ".manifest", "nothing");
  ASSERT_TRUE((*target)->KeepNewest(2).ok());
  EXPECT_EQ(Parts(), 3u);
}

TEST_F(BackupDirectoryTest, WhatIsNotFinishedIsNoBackup) {
  auto target = BackupDirectory::OpenToWrite(Target());
  ASSERT_TRUE(target.ok());
  Make(**target, kIds[0], "aaaa");
  {
    Manifest manifest;
    manifest.set_id(kIds[1]);
    BackupWriter writer(**target, manifest, Ignore);
    ASSERT_TRUE(writer.AddFile(Write("file", "bbbb"), "control.db").ok());
  }
  EXPECT_EQ((*target)->Find("")->id(), kIds[0]);
}

TEST_F(BackupDirectoryTest, OneWritesAndOthersReadMeanwhileNot) {
  auto writing = BackupDirectory::OpenToWrite(Target());
  ASSERT_TRUE(writing.ok());
  EXPECT_TRUE(absl::IsAborted(BackupDirectory::OpenToWrite(Target()).status()));
  EXPECT_TRUE(absl::IsAborted(BackupDirectory::OpenToRead(Target()).status()));
  writing->reset();
  auto reading = BackupDirectory::OpenToRead(Target());
  EXPECT_TRUE(reading.ok());
  EXPECT_TRUE(BackupDirectory::OpenToRead(Target()).ok());
  EXPECT_TRUE(absl::IsAborted(BackupDirectory::OpenToWrite(Target()).status()));
}

TEST_F(BackupDirectoryTest, SomebodyElsesDirectoryIsLeftAlone) {
  fs::create_directory(Target());
  Write("backups/letter", "dear");
  EXPECT_TRUE(absl::IsFailedPrecondition(BackupDirectory::OpenToWrite(Target()).status()));
  EXPECT_TRUE(absl::IsNotFound(BackupDirectory::OpenToRead(Target()).status()));
  EXPECT_EQ(std::distance(fs::directory_iterator(Target()), {}), 1);
}

TEST_F(BackupDirectoryTest, ADamagedPartIsFound) {
  auto target = BackupDirectory::OpenToWrite(Target());
  ASSERT_TRUE(target.ok());
  const Manifest manifest = Make(**target, kIds[0], "aaaabbbb");
  const std::string name = manifest.files(0).parts(1).sha256();
  Write("backups/parts/" + name.substr(0, 2) + "/" + name, "bbbB");
  EXPECT_TRUE(absl::IsDataLoss(Verify((*target)->parts(), manifest, Ignore)));
  // One that is cut is stored again.
  Write("backups/parts/" + name.substr(0, 2) + "/" + name, "bb");
  EXPECT_EQ(Make(**target, kIds[1], "aaaabbbb").new_bytes(), 4u);
  EXPECT_TRUE(Verify((*target)->parts(), manifest, Ignore).ok());
}

}  // namespace
}  // namespace sluice::backup
