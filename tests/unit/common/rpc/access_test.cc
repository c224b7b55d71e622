#include "common/rpc/access.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <set>

#include "common/base/hash.h"
#include "sluice/control/v1/import_service.pb.h"
#include "sluice/control/v1/ingest_lease_service.pb.h"
#include "sluice/ingest/v1/ingest_service.pb.h"
#include "tests/testing/temporary_directory.h"

namespace sluice::rpc {
namespace {

const std::map<std::string, std::string> kTokens = {
    {"push", "p-token"}, {"read", "r-token"}, {"operate", "o-token"}, {"service", "s-token"}};

class AccessTest : public ::testing::Test {
 protected:
  void Write(const std::string& text) { std::ofstream(path_, std::ios::trunc) << text; }
  void WriteAll() {
    std::string text = "# comment\n\n";
    for (const auto& [role, token] : kTokens) {
      text += fmt::format("{} the-{} {}  # why\n", base::Sha256Hex(token), role, role);
    }
    Write(text);
  }
  std::shared_ptr<AccessList> Open() {
    auto list = AccessList::Open(
        path_, [this](const absl::Status& problem) { problems_.push_back(problem.ToString()); });
    EXPECT_TRUE(list.ok()) << list.status();
    return list.ok() ? *list : nullptr;
  }
  // The roles that may call it.
  static std::set<std::string> Callers(AccessList& list, const std::string& method) {
    std::set<std::string> roles;
    for (const auto& [role, token] : kTokens) {
      const absl::Status status = list.Check(method, token);
      EXPECT_TRUE(status.ok() || absl::IsPermissionDenied(status)) << status;
      if (status.ok()) roles.insert(role);
    }
    return roles;
  }

  testing::TemporaryDirectory directory_;
  const std::string path_ = directory_.path() + "/access";
  std::vector<std::string> problems_;
};

// A method that is added later must be thought of here.
TEST_F(AccessTest, EveryMethodIsForThoseItIsMeantForAndForNobodyWithoutToken) {
  WriteAll();
  const auto list = Open();
  const std::set<std::string> looking = {"GetImport", "ListImports", "WatchImport"};
  int methods = 0;
  for (const google::protobuf::FileDescriptor* file :
       {control::v1::GetImportRequest::descriptor()->file(),
        control::v1::RenewLeasesRequest::descriptor()->file(),
        ingest::v1::PushRequest::descriptor()->file()}) {
    for (int i = 0; i < file->service_count(); ++i) {
      for (int j = 0; j < file->service(i)->method_count(); ++j) {
        const auto* const method = file->service(i)->method(j);
        const std::string name =
            fmt::format("/{}/{}", file->service(i)->full_name(), method->name());
        std::set<std::string> wanted = {"operate"};
        if (file->service(i)->name() == "IngestService") wanted = {"operate", "push"};
        if (file->service(i)->name() == "IngestLeaseService") wanted = {"service"};
        if (looking.count(method->name()) != 0) wanted = {"operate", "read"};
        EXPECT_EQ(Callers(*list, name), wanted) << name;
        EXPECT_TRUE(absl::IsUnauthenticated(list->Check(name, ""))) << name;
        EXPECT_TRUE(absl::IsUnauthenticated(list->Check(name, "guessed"))) << name;
        ++methods;
      }
    }
  }
  EXPECT_EQ(methods, 20);
}

TEST_F(AccessTest, HealthIsOpenReflectionIsForAnyTokenAndTheRestForNobody) {
  WriteAll();
  const auto list = Open();
  EXPECT_TRUE(list->Check("/grpc.health.v1.Health/Check", "").ok());
  const std::string reflection = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo";
  EXPECT_EQ(Callers(*list, reflection).size(), kTokens.size());
  EXPECT_TRUE(absl::IsUnauthenticated(list->Check(reflection, "")));
  EXPECT_TRUE(Callers(*list, "/no.Such/Thing").empty());
}

TEST_F(AccessTest, ARefusalSaysWhichTokenAndRoleButNotTheToken) {
  WriteAll();
  const std::string refused =
      Open()->Check("/sluice.control.v1.ImportService/PauseImport", "r-token").ToString();
  EXPECT_NE(refused.find("'the-read' has the role read"), std::string::npos) << refused;
  EXPECT_NE(refused.find("PauseImport is for operate"), std::string::npos) << refused;
  EXPECT_EQ(refused.find("r-token"), std::string::npos) << refused;
}

TEST_F(AccessTest, AChangeOfTheFileHoldsFromTheNextCallOn) {
  WriteAll();
  const auto list = Open();
  const std::string method = "/sluice.control.v1.ImportService/GetImport";
  EXPECT_TRUE(list->Check(method, "r-token").ok());
  Write(fmt::format("{} another read\n", base::Sha256Hex("o-token")));
  EXPECT_TRUE(absl::IsUnauthenticated(list->Check(method, "r-token")));
  EXPECT_TRUE(list->Check(method, "o-token").ok());
  EXPECT_TRUE(problems_.empty());
}

TEST_F(AccessTest, AFileThatCannotBeUsedLetsNobodyInAndIsToldOnce) {
  WriteAll();
  const auto list = Open();
  const std::string method = "/sluice.control.v1.ImportService/GetImport";
  for (const std::string& broken : {std::string("r-token name read\n"), std::string()}) {
    problems_.clear();
    if (broken.empty()) {
      ASSERT_EQ(std::remove(path_.c_str()), 0);
    } else {
      Write(broken);
    }
    EXPECT_TRUE(absl::IsUnavailable(list->Check(method, "r-token")));
    EXPECT_TRUE(absl::IsUnavailable(list->Check(method, "r-token")));
    ASSERT_EQ(problems_.size(), 1u);
    EXPECT_EQ(problems_[0].find("r-token"), std::string::npos) << problems_[0];
    EXPECT_TRUE(list->Check("/grpc.health.v1.Health/Check", "").ok());
    WriteAll();
    EXPECT_TRUE(list->Check(method, "r-token").ok());
  }
}

TEST_F(AccessTest, WrongLinesAreNamed) {
  const std::string digest = base::Sha256Hex("token");
  for (const std::string& line :
       {digest, digest + " name", digest + " name root", std::string("abc name read"),
        digest + "00 name read", digest + " name read more", std::string(64, 'x') + " name read"}) {
    Write("# first\n" + line + "\n");
    const auto list = AccessList::Open(path_, nullptr);
    ASSERT_TRUE(absl::IsInvalidArgument(list.status())) << line;
    EXPECT_NE(list.status().ToString().find("access:2: "), std::string::npos) << list.status();
  }
}

}  // namespace
}  // namespace sluice::rpc
