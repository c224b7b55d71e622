#include "common/normalize/domain.h"

#include <gtest/gtest.h>

#include <string>

namespace sluice::normalize {
namespace {

std::string Domain(std::string_view text) {
  std::string buffer;
  const ValueResult result = NormalizeDomain(text, buffer);
  EXPECT_TRUE(result.repairs.empty());
  return std::string(result.valid ? result.value : result.code);
}

TEST(DomainTest, HostsWebAddressesAndMailAddressesHaveOneForm) {
  for (const char* text : {"yun.example", "www.Yun.Example", "http://yun.example",
                           "https://WWW.yun.example:8443/a?b#c", "https://user:secret@yun.example/",
                           "lin@yun.example", "Lin@WWW.YUN.example"}) {
    EXPECT_EQ(Domain(text), "yun.example") << text;
  }
  EXPECT_EQ(Domain("中国.中国"), "中国.中国");
  EXPECT_EQ(Domain("www.example"), "www.example");
  EXPECT_EQ(Domain("mail.yun.example"), "mail.yun.example");
}

TEST(DomainTest, AnAddressAtAMailProviderTellsOfNoCompany) {
  EXPECT_EQ(Domain("lin@qq.com"), "invalid_domain");
  EXPECT_EQ(Domain("lin@GMail.com"), "invalid_domain");
  EXPECT_EQ(Domain("https://www.qq.com/"), "qq.com");
  EXPECT_EQ(Domain("163.com"), "163.com");
}

TEST(DomainTest, AnythingElseIsNone) {
  for (const char* text :
       {"云杉科技", "localhost", "http://localhost", "1.2", "a b.example", "@", "lin@", "http://",
        "a..example", "http://1.2.3.4/", "http://[2001:db8::1]/"}) {
    EXPECT_EQ(Domain(text), "invalid_domain") << text;
  }
}

}  // namespace
}  // namespace sluice::normalize
