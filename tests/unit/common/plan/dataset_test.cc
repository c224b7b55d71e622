#include "common/plan/dataset.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "common/base/status.h"
#include "tests/testing/temporary_directory.h"

namespace sluice::plan {
namespace {

using ::testing::HasSubstr;

constexpr const char* kDataset =
    "name: suppliers\nidentity: [[name]]\nfields:\n  - {name: name, type: text, required: true}\n";

TEST(DatasetTest, AnUnknownOneIsAnsweredWithAllThereAre) {
  const testing::TemporaryDirectory folder;
  std::ofstream(folder.path() + "/suppliers.yaml") << kDataset;
  // One of the built-in ones may be replaced; it is named once.
  std::ofstream(folder.path() + "/contacts.yaml") << kDataset;
  std::ofstream(folder.path() + "/notes.txt") << "x";
  const absl::Status status = FindDataset("suplliers", folder.path()).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(base::Message(status),
            "there is no dataset 'suplliers' (did you mean 'suppliers'?); there are customers, "
            "accounts, contacts, suppliers");
  EXPECT_EQ(base::Message(FindDataset("x", folder.path() + "/none").status()),
            "there is no dataset 'x'; there are customers, accounts, contacts");
}

TEST(DatasetTest, TheUsersOwnFileComesFirst) {
  const testing::TemporaryDirectory folder;
  std::ofstream(folder.path() + "/suppliers.yaml") << kDataset;
  const auto own = FindDataset("suppliers", folder.path());
  ASSERT_TRUE(own.ok()) << own.status();
  EXPECT_EQ(own->fields_size(), 1);
  EXPECT_TRUE(FindDataset("customers", folder.path()).ok());
}

TEST(DatasetTest, AFileThatCannotBeReadIsNotPassedOver) {
  const testing::TemporaryDirectory folder;
  std::filesystem::create_directory(folder.path() + "/customers.yaml");
  const absl::Status status = FindDataset("customers", folder.path()).status();
  EXPECT_THAT(std::string(base::Message(status)), HasSubstr("/customers.yaml is not a regular"));
}

}  // namespace
}  // namespace sluice::plan
