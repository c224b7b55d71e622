#include "common/backup/manifest.h"

#include <gtest/gtest.h>

#include "common/base/hash.h"

namespace sluice::backup {
namespace {

Manifest OneFile(const std::string& path) {
  Manifest manifest;
  manifest.set_format(kFormat);
  manifest.set_id("01arz3ndektsv4rrffq69g5fav");
  storagepb::BackupFile& file = *manifest.add_files();
  file.set_path(path);
  file.set_size_bytes(3);
  storagepb::BackupPart& part = *file.add_parts();
  part.set_sha256(base::Sha256Hex("abc"));
  part.set_size_bytes(3);
  return manifest;
}

TEST(ManifestTest, IsReadAsItWasWritten) {
  Manifest manifest = OneFile("uploads/客户.csv");
  manifest.set_log_id("log");
  manifest.set_new_bytes(uint64_t{1} << 60);
  const auto read = ParseManifest(ToText(manifest));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->SerializeAsString(), manifest.SerializeAsString());
}

TEST(ManifestTest, EveryByteCounts) {
  const std::string text = ToText(OneFile("control.db"));
  for (size_t i = 0; i < text.size(); ++i) {
    std::string damaged = text;
    damaged[i] = static_cast<char>(damaged[i] ^ 1);
    const auto read = ParseManifest(damaged);
    EXPECT_FALSE(read.ok()) << "byte " << i;
  }
  for (size_t size = 0; size < text.size(); ++size) {
    EXPECT_TRUE(absl::IsDataLoss(ParseManifest(text.substr(0, size)).status())) << size;
  }
}

TEST(ManifestTest, OneOfANewerFormatIsToldApart) {
  Manifest newer = OneFile("control.db");
  newer.set_format(kFormat + 1);
  EXPECT_TRUE(absl::IsFailedPrecondition(ParseManifest(ToText(newer)).status()));
}

TEST(ManifestTest, NoFileLiesWhereNoneMay) {
  for (const char* path : {"../outside", "log/../../outside", "/etc/passwd", "", "a//b", "."}) {
    EXPECT_TRUE(absl::IsDataLoss(ParseManifest(ToText(OneFile(path))).status())) << path;
  }
  Manifest sink = OneFile("/srv/crm.db");
  sink.add_sinks()->set_path("/srv/crm.db");
  EXPECT_TRUE(ParseManifest(ToText(sink)).ok());
}

TEST(ManifestTest, AFileIsTheSumOfItsParts) {
  Manifest manifest = OneFile("control.db");
  manifest.mutable_files(0)->set_size_bytes(4);
  EXPECT_TRUE(absl::IsDataLoss(ParseManifest(ToText(manifest)).status()));
}

}  // namespace
}  // namespace sluice::backup
