#include "common/config/loader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "common/base/status.h"

namespace sluice::config {
namespace {

using ::testing::HasSubstr;

class LoaderTest : public ::testing::Test {
 protected:
  LoaderTest() {
    path_ = ::testing::TempDir() + "sluice_" +
            ::testing::UnitTest::GetInstance()->current_test_info()->name() + ".yaml";
  }
  ~LoaderTest() override { std::filesystem::remove(path_); }

  SettingsSources WithFile(const std::string& text) {
    std::ofstream(path_) << text;
    return {.file = path_, .env = {}, .flags = {}};
  }
  // The message of loading a file with this text, without the file's path.
  std::string ErrorOf(const std::string& text) {
    const auto loaded = LoadSettings(WithFile(text));
    EXPECT_FALSE(loaded.ok()) << text;
    std::string message(base::Message(loaded.status()));
    for (size_t at = 0; (at = message.find(path_)) != std::string::npos;) {
      message.replace(at, path_.size(), "F");
    }
    return message;
  }

  std::string path_;
};

TEST_F(LoaderTest, WithoutSourcesEverythingIsTheDefault) {
  const auto loaded = LoadSettings({});
  ASSERT_TRUE(loaded.ok());
  EXPECT_EQ(loaded->settings.http.port, 7401);
  EXPECT_EQ(loaded->origins.at("http.port"), "default");
  EXPECT_FALSE(loaded->server.has_value());
}

TEST_F(LoaderTest, FlagsGoOverEnvironmentOverFile) {
  SettingsSources sources = WithFile(
      "partitions: 8\nhttp:\n  host: 0.0.0.0\n  port: 1\nlead: {seconds: 2.5, bytes_max: 8MiB}\n");
  sources.env = {{"SLUICE_HTTP__PORT", "2"}, {"SLUICE_PARTITIONS", "6"}, {"HOME", "x"}};
  sources.flags = {{"partitions", "7"}};
  const auto loaded = LoadSettings(sources);
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_EQ(loaded->settings.partitions, 7);
  EXPECT_EQ(loaded->settings.http.port, 2);
  EXPECT_EQ(loaded->settings.http.host, "0.0.0.0");
  EXPECT_EQ(loaded->settings.lead.seconds, 2.5);
  EXPECT_EQ(loaded->settings.lead.bytes_max, 8 << 20);
  EXPECT_EQ(loaded->origins.at("partitions"), "flag");
  EXPECT_EQ(loaded->origins.at("http.port"), "environment SLUICE_HTTP__PORT");
  EXPECT_EQ(loaded->origins.at("http.host"), "file " + path_ + ":3:9");
}

TEST_F(LoaderTest, TheEnvironmentNamesFileServerAndDataDirectory) {
  SettingsSources sources = WithFile("partitions: 3");
  sources.env = {{"SLUICE_CONFIG", path_}, {"SLUICE_SERVER", "a:1"}, {"SLUICE_DATA_DIR", "d"}};
  sources.file.reset();
  const auto loaded = LoadSettings(sources);
  ASSERT_TRUE(loaded.ok());
  EXPECT_EQ(loaded->settings.partitions, 3);
  EXPECT_EQ(loaded->settings.data_dir, "d");
  EXPECT_EQ(loaded->server, "a:1");
}

TEST_F(LoaderTest, UnknownKeysSayWhereAndWhatWasMeant) {
  EXPECT_EQ(ErrorOf("http:\n  prot: 1\n"),
            "F:2:3: unknown setting 'http.prot' (did you mean 'port'?)");
  EXPECT_EQ(ErrorOf("rabbit: 1"), "F:1:1: unknown setting 'rabbit'");
  EXPECT_EQ(ErrorOf("hidden.key: 1"), "F:1:1: unknown setting 'hidden.key'");
}

TEST_F(LoaderTest, DuplicatesWrongTypesAndBoundsSayWhere) {
  EXPECT_EQ(ErrorOf("partitions: 1\npartitions: 2\n"), "F:2:1: 'partitions' is set twice");
  EXPECT_EQ(ErrorOf("http: {port: \"80\"}"),
            "F:1:14: http.port must be an integer from 0 to 65535");
  EXPECT_EQ(ErrorOf("http: {port: 65536}"), "F:1:14: http.port must be an integer from 0 to 65535");
  EXPECT_EQ(ErrorOf("http: {port: [1]}"), "F:1:14: http.port must be an integer from 0 to 65535");
  EXPECT_EQ(ErrorOf("log: {level: loud}"),
            "F:1:14: log.level must be one of debug, info, warning, error, off");
  EXPECT_EQ(ErrorOf("http: 5"), "F:1:7: 'http' holds settings: a mapping is expected");
  EXPECT_EQ(ErrorOf("- a\n"), "F:1:1: a mapping of settings is expected");
  EXPECT_THAT(ErrorOf("http: {port: 1\n"), HasSubstr("F:"));
}

TEST_F(LoaderTest, EverythingWrongIsReportedAtOnce) {
  SettingsSources sources = WithFile("nothing: 1\npartitions: 0\n");
  sources.env = {{"SLUICE_HTP__PORT", "1"}, {"SLUICE_HTTP__PORT", "x"}};
  sources.flags = {{"http.hots", "a"}};
  const auto loaded = LoadSettings(sources);
  ASSERT_FALSE(loaded.ok());
  const std::string message(base::Message(loaded.status()));
  EXPECT_EQ(std::count(message.begin(), message.end(), '\n'), 4) << message;
  EXPECT_THAT(message, HasSubstr("SLUICE_HTP__PORT (did you mean 'SLUICE_HTTP__PORT'?)"));
  EXPECT_THAT(message, HasSubstr("SLUICE_HTTP__PORT must be an integer"));
  EXPECT_THAT(message, HasSubstr("'http.hots' (did you mean 'http.host'?)"));
}

TEST_F(LoaderTest, AMissingFileIsAnErrorAndAnEmptyOneIsNot) {
  EXPECT_EQ(LoadSettings({.file = path_ + ".none", .env = {}, .flags = {}}).status().code(),
            absl::StatusCode::kNotFound);
  EXPECT_TRUE(LoadSettings(WithFile("")).ok());
  EXPECT_TRUE(LoadSettings(WithFile("# nothing\nhttp:\n")).ok());
}

TEST_F(LoaderTest, WhatHoldsBetweenSettingsIsChecked) {
  EXPECT_EQ(ErrorOf("lead: {rows_min: 10, rows_max: 5}"),
            "lead.rows_min (10) must not be above lead.rows_max (5)");
}

TEST_F(LoaderTest, ShowPrintsValueAndOrigin) {
  SettingsSources sources;
  sources.flags = {{"http.port", "0"}};
  const auto loaded = LoadSettings(sources);
  ASSERT_TRUE(loaded.ok());
  EXPECT_THAT(ShowText(*loaded), HasSubstr("http.port = 0"));
  EXPECT_THAT(ShowText(*loaded), HasSubstr("# flag\n"));
  EXPECT_THAT(ShowJson(*loaded), HasSubstr(R"("http.port":{"value":0,"origin":"flag"})"));
  EXPECT_THAT(ShowJson(*loaded), HasSubstr(R"("log.level":{"value":"info","origin":"default"})"));
}

}  // namespace
}  // namespace sluice::config
