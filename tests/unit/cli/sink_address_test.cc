#include "cli/sink_address.h"

#include <gtest/gtest.h>

#include "common/base/status.h"

namespace sluice::cli {
namespace {

SinkAddress Parsed(const std::string& given) {
  auto sink = ParseSink(given, "/data");
  EXPECT_TRUE(sink.ok()) << sink.status();
  return sink.ok() ? *std::move(sink) : SinkAddress();
}

TEST(SinkAddressTest, ADatabaseHasOneNameWhoeverAsks) {
  const SinkAddress sink = Parsed("postgresql://u:secret@h:5432/d");
  EXPECT_EQ(sink.record.name.size(), std::string("postgres-").size() + 16);
  EXPECT_EQ(sink.record.name.substr(0, 9), "postgres-");
  EXPECT_EQ(sink.record.url, "postgresql://u@h:5432/d");
  EXPECT_NE(sink.open_url.find("secret"), std::string::npos);
  for (const char* same :
       {"postgres://h/d", "postgres:postgresql://other:word@h/d", "postgres:host=h dbname=d"}) {
    EXPECT_EQ(Parsed(same).record.name, sink.record.name) << same;
  }
  for (const char* other :
       {"postgresql://u@h:5433/d", "postgresql://u@g:5432/d", "postgresql://u@h:5432/e"}) {
    EXPECT_NE(Parsed(other).record.name, sink.record.name) << other;
  }
}

TEST(SinkAddressTest, WhatIsStoredNamesTheSameSink) {
  const SinkAddress sink = Parsed("postgres:host=/tmp/a user=u password=secret dbname=d");
  EXPECT_EQ(Parsed(sink.record.url).record.name, sink.record.name);
  EXPECT_EQ(Parsed(sink.open_url).record.name, sink.record.name);
  EXPECT_EQ(sink.record.url.find("secret"), std::string::npos);
}

TEST(SinkAddressTest, WhatCannotBeASinkIsNotRepeated) {
  for (const char* given :
       {"mysql://u:hunter2@h/d", "sqlite:", "postgresql://u:hunter2@h", "postgres:hunter2"}) {
    const auto sink = ParseSink(given, "/data");
    EXPECT_TRUE(absl::IsInvalidArgument(sink.status())) << given;
    EXPECT_EQ(base::Message(sink.status()).find("hunter2"), std::string_view::npos);
  }
}

TEST(SinkAddressTest, TheDataDirectorysOwnSinkHasAShortName) {
  EXPECT_EQ(Parsed("").record.name, "sqlite");
  EXPECT_EQ(Parsed("sqlite:/data/sink.db").record.name, "sqlite");
  EXPECT_EQ(Parsed("sqlite:/other.db").record.url, "sqlite:/other.db");
}

}  // namespace
}  // namespace sluice::cli
