#include "common/kafka/configuration.h"

#include <gtest/gtest.h>

#include "common/base/status.h"

namespace sluice::kafka {
namespace {

KafkaSettings Valid() {
  KafkaSettings settings;
  settings.brokers = "127.0.0.1:9092";
  return settings;
}

TEST(KafkaSettingsTest, DefaultsNeedOnlyBrokers) {
  EXPECT_TRUE(Valid().Validate().ok());
  EXPECT_FALSE(KafkaSettings().Validate().ok());
}

TEST(KafkaSettingsTest, SecurityIsChecked) {
  KafkaSettings settings = Valid();
  settings.security = "tls";
  EXPECT_FALSE(settings.Validate().ok());
  settings.security = "sasl_ssl";
  EXPECT_FALSE(settings.Validate().ok());
  settings.sasl = {"SCRAM-SHA-512", "alice", "secret"};
  EXPECT_TRUE(settings.Validate().ok()) << settings.Validate();
  settings.sasl.mechanism = "GSSAPI";
  EXPECT_FALSE(settings.Validate().ok());
  settings = Valid();
  settings.sasl.mechanism = "PLAIN";
  EXPECT_FALSE(settings.Validate().ok());
}

TEST(KafkaSettingsTest, PropertiesArePassedOnUnlessAGuaranteeRestsOnThem) {
  KafkaSettings settings = Valid();
  settings.properties = {{"linger.ms", "20"}, {"fetch.wait.max.ms", "10"}};
  EXPECT_TRUE(settings.Validate().ok()) << settings.Validate();
  auto configuration = ProducerConfiguration(settings, "id");
  ASSERT_TRUE(configuration.ok());
  char value[16];
  size_t size = sizeof(value);
  ASSERT_EQ(rd_kafka_conf_get(configuration->get(), "linger.ms", value, &size), RD_KAFKA_CONF_OK);
  EXPECT_STREQ(value, "20");
  for (const char* name :
       {"acks", "transactional.id", "isolation.level", "enable.auto.commit", "group.id",
        "partition.assignment.strategy", "max.in.flight", "sasl.password"}) {
    settings.properties = {{name, "1"}};
    EXPECT_TRUE(absl::IsInvalidArgument(settings.Validate())) << name;
  }
  settings.properties = {{"linger.mss", "20"}};
  EXPECT_NE(base::Message(settings.Validate()).find("linger.mss"), std::string_view::npos);
  settings.properties = {{"linger.ms", "soon"}};
  EXPECT_TRUE(absl::IsInvalidArgument(settings.Validate()));
}

}  // namespace
}  // namespace sluice::kafka
