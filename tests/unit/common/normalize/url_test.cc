#include "common/normalize/url.h"

#include <gtest/gtest.h>

#include <string>

namespace sluice::normalize {
namespace {

std::string Url(std::string_view text) {
  std::string buffer;
  const ValueResult result = NormalizeUrl(text, buffer);
  EXPECT_EQ(result.repairs.Has(Repair::kUrlNormalized), result.valid && result.value != text);
  return result.valid ? std::string(result.value) : std::string(result.code);
}

TEST(UrlTest, SchemeAndHostBecomeLowerCaseAndTheRestStays) {
  EXPECT_EQ(Url("https://example.com/a?b=C#D"), "https://example.com/a?b=C#D");
  EXPECT_EQ(Url("HTTPS://Example.COM/Path"), "https://example.com/Path");
  EXPECT_EQ(Url("http://Üser.example/中文"), "http://üser.example/中文");
  EXPECT_EQ(Url("ftp://User:Pw@Host/x"), "ftp://User:Pw@host/x");
  EXPECT_EQ(Url("http://localhost:8080"), "http://localhost:8080");
  EXPECT_EQ(Url("http://[2001:DB8::1]/"), "http://[2001:db8::1]/");
}

TEST(UrlTest, ABareHostGetsAScheme) {
  EXPECT_EQ(Url("www.Example.com"), "http://www.example.com");
  EXPECT_EQ(Url("example.com:8080/a"), "http://example.com:8080/a");
  EXPECT_EQ(Url("中国.中国"), "http://中国.中国");
  EXPECT_EQ(Url("example.com?next=http://x"), "http://example.com?next=http://x");
}

TEST(UrlTest, WhatIsNoUrlIsRefused) {
  for (const char* text : {"",
                           "example",
                           "a b.com",
                           "http://",
                           "http:///x",
                           "javascript:alert(1)",
                           "mailto:a@b.cn",
                           "a@b.cn",
                           "1.2.3",
                           "3.14",
                           "http://a..b",
                           "http://-a.b",
                           "http://a.b:0",
                           "http://a.b:99999",
                           "http://a.b:x",
                           "http://a.b/ c",
                           "gopher://a.b",
                           "//a.b",
                           "http:/a.b",
                           "http://a.b/<x>",
                           "http://a,b.c",
                           "[",
                           "http://[",
                           "http://[x]/",
                           "http://a\xFF.b"}) {
    EXPECT_EQ(Url(text), "invalid_url") << text;
  }
}

}  // namespace
}  // namespace sluice::normalize
