#include "common/config/setting_table.h"

#include <gtest/gtest.h>
#include <yaml-cpp/yaml.h>

#include <fstream>
#include <sstream>

namespace sluice::config {
namespace {

TEST(SettingTableTest, TheDefaultsAreValid) {
  EXPECT_TRUE(Settings().Validate().ok());
}

TEST(SettingTableTest, WhatIsShownCanBeReadBack) {
  for (const SettingSpec& spec : SettingTable()) {
    Settings settings;
    EXPECT_TRUE(SetFromText(spec, DisplayValue(spec, settings), settings).ok()) << spec.name;
    EXPECT_FALSE(spec.help.empty()) << spec.name;
  }
}

TEST(SettingTableTest, SizesTakeUnits) {
  Settings settings;
  const SettingSpec& spec = *FindSetting("lead.bytes_max");
  ASSERT_TRUE(SetFromText(spec, "2 MiB", settings).ok());
  EXPECT_EQ(settings.lead.bytes_max, 2 << 20);
  ASSERT_TRUE(SetFromText(spec, "3GiB", settings).ok());
  EXPECT_EQ(settings.lead.bytes_max, int64_t{3} << 30);
  for (const char* bad : {"", "MiB", "1.5MiB", "1 MB", "-1", "99999999999999GiB", "1"}) {
    EXPECT_FALSE(SetFromText(spec, bad, settings).ok()) << bad;
  }
}

TEST(SettingTableTest, ValidateChecksBoundsAndWhatHoldsBetweenSettings) {
  Settings settings;
  settings.http.port = 70000;
  EXPECT_FALSE(settings.Validate().ok());
  settings = Settings();
  settings.lead.rows_min = settings.lead.rows_max + 1;
  EXPECT_FALSE(settings.Validate().ok());
}

TEST(SettingTableTest, ASecretIsNeverShown) {
  SettingSpec secret = *FindSetting("http.host");
  secret.secret = true;
  Settings settings;
  settings.http.host = "hush";
  EXPECT_EQ(DisplayValue(secret, settings), "***");
  settings.http.host = "";
  EXPECT_EQ(DisplayValue(secret, settings), "");
}

TEST(SettingTableTest, EnvironmentNamesNestWithTwoUnderscores) {
  EXPECT_EQ(EnvironmentName("http.port"), "SLUICE_HTTP__PORT");
  EXPECT_EQ(EnvironmentName("data_dir"), "SLUICE_DATA_DIR");
}

TEST(SettingTableTest, TheSchemaNamesEverySetting) {
  // JSON is YAML: the parser at hand reads it.
  const YAML::Node schema = YAML::Load(SettingsSchemaJson());
  for (const SettingSpec& spec : SettingTable()) {
    const std::string name(spec.name);
    YAML::Node property = schema;
    std::istringstream keys(name);
    for (std::string key; std::getline(keys, key, '.');) {
      property.reset(property["properties"][key]);
    }
    ASSERT_TRUE(property.IsDefined()) << name;
    EXPECT_EQ(property["description"].as<std::string>(), spec.help);
  }
}

TEST(SettingTableTest, TheDocumentationIsWhatTheTableSays) {
  std::ifstream file(SLUICE_SOURCE_DIR "/docs/configuration.md");
  std::stringstream text;
  text << file.rdbuf();
  EXPECT_EQ(text.str(), SettingsMarkdown())
      << "docs/configuration.md must be the text that follows:\n"
      << SettingsMarkdown();
}

}  // namespace
}  // namespace sluice::config
