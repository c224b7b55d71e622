#include "common/uploads/upload_store.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/testing/temporary_directory.h"

namespace sluice::uploads {
namespace {

// What two processes that share nothing but the folder draw, at worst.
class SameRandom : public base::Random {
 public:
  void Fill(unsigned char* bytes, size_t count) override { std::fill_n(bytes, count, 7); }
};

class UploadStoreTest : public ::testing::Test {
 protected:
  std::string Read(const StoredUpload& upload) const {
    std::ifstream file(directory_.path() + "/" + upload.sha256, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  size_t Files() const {
    const std::filesystem::directory_iterator files(directory_.path());
    return static_cast<size_t>(std::distance(begin(files), end(files)));
  }

  testing::TemporaryDirectory directory_;
  base::SystemRandom random_;
};

TEST_F(UploadStoreTest, TwoStoresOnOneFolderNeverWriteIntoOneFile) {
  UploadStore first(directory_.path(), random_);
  UploadStore second(directory_.path(), random_);
  const auto mine = first.Begin(100);
  const auto theirs = second.Begin(100);
  ASSERT_TRUE(mine.ok() && theirs.ok());
  ASSERT_TRUE((*mine)->Write("mine, ").ok());
  ASSERT_TRUE((*theirs)->Write("theirs").ok());
  ASSERT_TRUE((*mine)->Write("and mine").ok());
  const auto stored = (*mine)->Finish();
  const auto other = (*theirs)->Finish();
  ASSERT_TRUE(stored.ok() && other.ok());
  EXPECT_EQ(Read(*stored), "mine, and mine");
  EXPECT_EQ(Read(*other), "theirs");
}

TEST_F(UploadStoreTest, ANameThatIsTakenIsRefusedAndLeftAlone) {
  SameRandom same;
  UploadStore first(directory_.path(), same);
  UploadStore second(directory_.path(), same);
  const auto mine = first.Begin(100);
  ASSERT_TRUE(mine.ok());
  EXPECT_FALSE(second.Begin(100).ok());
  ASSERT_TRUE((*mine)->Write("mine").ok());
  const auto stored = (*mine)->Finish();
  ASSERT_TRUE(stored.ok());
  EXPECT_EQ(Read(*stored), "mine");
}

TEST_F(UploadStoreTest, OnlyWhatIsOldIsTakenForALeftover) {
  UploadStore receiving(directory_.path(), random_);
  const auto writer = receiving.Begin(100);
  ASSERT_TRUE(writer.ok());
  ASSERT_TRUE((*writer)->Write("a").ok());
  const std::string old = directory_.path() + "/.incoming-old";
  std::ofstream(old) << "half";
  std::filesystem::last_write_time(old, std::filesystem::file_time_type::clock::now() -
                                            absl::ToChronoHours(UploadStore::kLeftoverAge));
  UploadStore starting(directory_.path(), random_);
  ASSERT_TRUE(starting.Prepare().ok());
  EXPECT_FALSE(std::filesystem::exists(old));
  ASSERT_TRUE((*writer)->Write("b").ok());
  const auto stored = (*writer)->Finish();
  ASSERT_TRUE(stored.ok()) << stored.status();
  EXPECT_EQ(Read(*stored), "ab");
}

TEST_F(UploadStoreTest, WhoWritesAloneRemovesEveryLeftover) {
  std::ofstream(directory_.path() + "/.incoming-1") << "half";
  std::ofstream(directory_.path() + "/whole") << "all of it";
  UploadStore store(directory_.path(), random_);
  ASSERT_TRUE(store.Prepare(absl::ZeroDuration()).ok());
  EXPECT_EQ(Files(), 1u);
}

}  // namespace
}  // namespace sluice::uploads
