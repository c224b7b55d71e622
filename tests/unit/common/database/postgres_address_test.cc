#include "common/database/postgres_address.h"

#include <gtest/gtest.h>

#include "common/base/status.h"

namespace sluice::database {
namespace {

PostgresAddress Parsed(std::string_view connection) {
  auto address = PostgresAddress::Parse(connection);
  EXPECT_TRUE(address.ok()) << address.status();
  return address.ok() ? *std::move(address) : PostgresAddress();
}

TEST(PostgresAddressTest, AUrlAndAKeywordStringSayTheSame) {
  for (const char* connection :
       {"postgresql://u:p%20w@h.example:6432/d?sslmode=require",
        "host=h.example port=6432 user=u dbname=d password='p w' sslmode=require"}) {
    const PostgresAddress address = Parsed(connection);
    EXPECT_EQ(address.host(), "h.example");
    EXPECT_EQ(address.port(), "6432");
    EXPECT_EQ(address.database(), "d");
    EXPECT_EQ(address.Name(), "d at h.example");
    EXPECT_EQ(address.Url(), "postgresql://u@h.example:6432/d?sslmode=require");
    EXPECT_NE(address.Connection().find("password='p w'"), std::string::npos);
  }
}

TEST(PostgresAddressTest, TheUrlLeadsToTheSamePlaceWithoutSecrets) {
  for (const char* connection :
       {"postgresql://%2Ftmp%2Fa%20b/d", "host=/tmp/x dbname='it''s' user='a@b:c/d'",
        "host=a,b port=1,2 dbname=d password=secret sslpassword=secret", "port=7 dbname=d",
        "dbname=d options='-c search_path=crm' password=secret"}) {
    std::string text = connection;
    // libpq has no doubled quotes.
    if (const size_t at = text.find("''"); at != std::string::npos) text.replace(at, 2, "\\'");
    const PostgresAddress address = Parsed(text);
    const std::string url = address.Url();
    EXPECT_EQ(url.find("secret"), std::string::npos) << url;
    const PostgresAddress again = Parsed(url);
    EXPECT_EQ(again.Url(), url);
    EXPECT_EQ(again.host(), address.host());
    EXPECT_EQ(again.port(), address.port());
    EXPECT_EQ(again.database(), address.database());
    EXPECT_EQ(again.Says("user"), address.Says("user"));
  }
}

TEST(PostgresAddressTest, AnotherRoleDoesNotInheritAPassword) {
  PostgresAddress address = Parsed("postgresql://writer:secret@h/d");
  address.Override(Parsed("user=owner"));
  EXPECT_EQ(address.Url(), "postgresql://owner@h/d");
  EXPECT_EQ(address.Connection().find("secret"), std::string::npos);
  address.Override(Parsed("password=other sslmode=require"));
  EXPECT_EQ(address.Url(), "postgresql://owner@h/d?sslmode=require");
  EXPECT_NE(address.Connection().find("'other'"), std::string::npos);
}

TEST(PostgresAddressTest, WhatCannotBeReadIsNotRepeated) {
  for (const char* connection :
       {"postgresql://u:hunter2@[h/d", "host=h passwort=hunter2", "hunter2"}) {
    const auto address = PostgresAddress::Parse(connection);
    EXPECT_TRUE(absl::IsInvalidArgument(address.status()));
    EXPECT_EQ(base::Message(address.status()).find("hunter2"), std::string_view::npos);
  }
}

}  // namespace
}  // namespace sluice::database
