#include "common/telemetry/log.h"

#include <gtest/gtest.h>

#include <sstream>

namespace sluice::telemetry {
namespace {

class FixedClock : public base::Clock {
 public:
  absl::Time Now() const override { return absl::FromUnixMillis(1700000000123); }
  int64_t MonotonicNanos() const override { return 0; }
};

TEST(LogTest, WritesOneJsonObjectALine) {
  std::ostringstream out;
  FixedClock clock;
  const Logger root({.format = LogFormat::kJson, .instance = "a-1", .out = &out}, clock);
  root.Named("ingest").Info("import started",
                            {{"import", "01hf"}, {"rows", 5}, {"ok", true}, {"seconds", 0.5}});
  EXPECT_EQ(out.str(),
            "{\"ts\":\"2023-11-14T22:13:20.123Z\",\"level\":\"info\",\"msg\":\"import started\","
            "\"logger\":\"ingest\",\"service\":\"sluice\",\"instance\":\"a-1\","
            "\"import\":\"01hf\",\"rows\":5,\"ok\":true,\"seconds\":0.5}\n");
}

TEST(LogTest, AMessageOrFieldCannotForgeALine) {
  std::ostringstream json;
  std::ostringstream text;
  FixedClock clock;
  const Logger as_json({.format = LogFormat::kJson, .out = &json}, clock);
  const Logger as_text({.format = LogFormat::kText, .out = &text}, clock);
  for (const Logger& logger : {as_json, as_text}) {
    logger.Error("one\ntwo", {{"reason", "a\r\nlevel=info"}});
  }
  for (const std::ostringstream* out : {&json, &text}) {
    const std::string lines = out->str();
    EXPECT_EQ(std::count(lines.begin(), lines.end(), '\n'), 1) << lines;
    EXPECT_EQ(lines.find('\r'), std::string::npos);
  }
}

TEST(LogTest, TextIsForPeople) {
  std::ostringstream out;
  FixedClock clock;
  const Logger logger({.format = LogFormat::kText, .out = &out}, clock);
  logger.Named("load").Warning("waiting", {{"for", "a lock"}, {"rows", 7u}});
  EXPECT_EQ(out.str(), "2023-11-14T22:13:20.123Z warning [load] waiting for=\"a lock\" rows=7\n");
}

TEST(LogTest, LevelsBelowTheSettingAreDropped) {
  std::ostringstream out;
  FixedClock clock;
  const Logger logger({.format = LogFormat::kText, .level = LogLevel::kWarning, .out = &out},
                      clock);
  logger.Info("quiet");
  logger.Debug("quieter");
  EXPECT_EQ(out.str(), "");
  EXPECT_FALSE(logger.Enabled(LogLevel::kInfo));
  EXPECT_TRUE(logger.Enabled(LogLevel::kError));
  Logger().Error("nowhere");
}

TEST(LogTest, ParsesTheNamesOfTheSettings) {
  EXPECT_EQ(*ParseLogLevel("warning"), LogLevel::kWarning);
  EXPECT_EQ(*ParseLogFormat("auto"), LogFormat::kAuto);
  EXPECT_FALSE(ParseLogLevel("loud").ok());
  EXPECT_FALSE(ParseLogFormat("xml").ok());
}

}  // namespace
}  // namespace sluice::telemetry
