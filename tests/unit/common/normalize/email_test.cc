#include "common/normalize/email.h"

#include <gtest/gtest.h>

#include <string>

namespace sluice::normalize {
namespace {

struct Outcome {
  std::string value;
  bool repaired = false;
  friend bool operator==(const Outcome&, const Outcome&) = default;
};

Outcome Normalize(std::string_view text) {
  std::string buffer;
  const ValueResult result = EmailNormalizer().Normalize(text, buffer);
  std::string buffer_full;
  const ValueResult full = EmailNormalizer().NormalizeFull(text, buffer_full);
  EXPECT_EQ(result.valid, full.valid) << text;
  EXPECT_EQ(result.value, full.value) << text;
  EXPECT_EQ(result.repairs, full.repairs) << text;
  EXPECT_EQ(result.code, result.valid ? "" : "invalid_email");
  return {std::string(result.value), result.repairs.Has(Repair::kEmailNormalized)};
}

bool Refused(std::string_view text) {
  return Normalize(text) == Outcome{};
}

TEST(EmailTest, AnAddressInNormalFormStays) {
  for (const char* text : {"a@b.cn", "first.last+tag@sub.example.com", "!#$%&'*+-/=?^_`{|}~@x.org",
                           "a@1.com", "1@2.x3", "张三@xn--fiqs8s.xn--fiqz9s"}) {
    EXPECT_EQ(Normalize(text), (Outcome{text, false}));
  }
}

TEST(EmailTest, BothPartsBecomeLowerCase) {
  EXPECT_EQ(Normalize("Zhang.Wei@Example.COM"), (Outcome{"zhang.wei@example.com", true}));
  EXPECT_EQ(Normalize("ÉTIENNE@x.FR"), (Outcome{"étienne@x.fr", true}));
}

TEST(EmailTest, DomainsBecomeALabels) {
  EXPECT_EQ(Normalize("a@中国.中国"), (Outcome{"a@xn--fiqs8s.xn--fiqs8s", true}));
  EXPECT_EQ(Normalize("a@Bücher.example"), (Outcome{"a@xn--bcher-kva.example", true}));
  EXPECT_EQ(Normalize("a@faß.de"), (Outcome{"a@xn--fa-hia.de", true}));
  EXPECT_EQ(Normalize("a@example。com"), (Outcome{"a@example.com", true}));
  EXPECT_EQ(Normalize("a@XN--FIQS8S.cn"), (Outcome{"a@xn--fiqs8s.cn", true}));
}

TEST(EmailTest, WrappersAreTakenOff) {
  EXPECT_EQ(Normalize("mailto:a@b.cn"), (Outcome{"a@b.cn", true}));
  EXPECT_EQ(Normalize("MAILTO:a@b.cn?subject=hi"), (Outcome{"a@b.cn", true}));
  EXPECT_EQ(Normalize("张伟 <zw@b.cn>"), (Outcome{"zw@b.cn", true}));
  EXPECT_EQ(Normalize("\"Zhang, Wei\" <ZW@b.cn>"), (Outcome{"zw@b.cn", true}));
  EXPECT_EQ(Normalize("<a@b.cn>"), (Outcome{"a@b.cn", true}));
}

TEST(EmailTest, WhatIsNoAddressIsRefused) {
  for (const char* text : {"",
                           "a",
                           "@",
                           "a@",
                           "@b.cn",
                           "a@b",
                           "a@@b.cn",
                           ".a@b.cn",
                           "a.@b.cn",
                           "a..b@b.cn",
                           "a b@c.cn",
                           "a@b c.cn",
                           "a@-b.cn",
                           "a@b-.cn",
                           "a@b..cn",
                           "a@.b.cn",
                           "a@b.cn.",
                           "a@b_c.cn",
                           "\"a b\"@c.cn",
                           "a@[1.2.3.4]",
                           "a@1.2.3.4",
                           "a@b.123",
                           "a@b.cn;c@d.cn",
                           "a(x)@b.cn",
                           "a@xn--0.cn",
                           "a@xn--a.cn",
                           "a\xFF@b.cn",
                           "a@b\xFF.cn",
                           "😀@b.cn",
                           "<>",
                           "mailto:"}) {
    EXPECT_TRUE(Refused(text)) << text;
  }
}

TEST(EmailTest, LengthsAreThoseOfTheStandard) {
  const std::string local(64, 'a');
  const std::string label(63, 'b');
  EXPECT_EQ(Normalize(local + "@b.cn").value, local + "@b.cn");
  EXPECT_TRUE(Refused(local + "a@b.cn"));
  EXPECT_FALSE(Refused("a@" + label + ".cn"));
  EXPECT_TRUE(Refused("a@" + label + "b.cn"));
  const std::string long_domain = label + "." + label + "." + label;  // 191
  EXPECT_FALSE(Refused(std::string(62, 'a') + "@" + long_domain));
  EXPECT_TRUE(Refused(std::string(63, 'a') + "@" + long_domain));
}

TEST(EmailTest, ALabelWithHyphensInPlacesThreeAndFourIsKept) {
  EXPECT_EQ(Normalize("a@ab--c.cn"), (Outcome{"a@ab--c.cn", false}));
}

}  // namespace
}  // namespace sluice::normalize
