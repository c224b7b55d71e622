#include "common/kafka/connection_complaint.h"

#include <gtest/gtest.h>

#include "common/base/status.h"

namespace sluice::kafka {
namespace {

constexpr int kError = 3;
constexpr int kDebug = 7;

std::string Explained(const ConnectionComplaint& complaint, const KafkaSettings& settings = {}) {
  return std::string(
      base::Message(complaint.Explain(absl::UnavailableError("no answer"), settings)));
}

TEST(ConnectionComplaintTest, TheLastThingSaidOfTheConnectionIsTold) {
  ConnectionComplaint complaint;
  EXPECT_EQ(Explained(complaint), "no answer (kafka.brokers, or kafka.security: it is plaintext)");
  complaint.Hear(kError, "[thrd:a:1/bootstrap]: a:1/bootstrap: Connect to a:1 failed: refused");
  EXPECT_EQ(Explained(complaint), "no answer: a:1/bootstrap: Connect to a:1 failed: refused");
  complaint.Hear(kError, "[thrd:main]: Topic x was deleted");
  complaint.Hear(kDebug, "[thrd:main]: SASL debugging");
  EXPECT_EQ(Explained(complaint), "no answer: a:1/bootstrap: Connect to a:1 failed: refused");
  complaint.Hear(kError, "[thrd:b]: b: SASL authentication error: Authentication failed");
  EXPECT_NE(Explained(complaint).find("kafka.sasl.password"), std::string::npos);
}

TEST(ConnectionComplaintTest, OtherFailuresSpeakForThemselves) {
  ConnectionComplaint complaint;
  complaint.Hear(kError, "SASL authentication error");
  EXPECT_TRUE(complaint.Explain(absl::OkStatus(), {}).ok());
  const absl::Status other = absl::FailedPreconditionError("is missing");
  EXPECT_EQ(complaint.Explain(other, {}), other);
}

TEST(ConnectionComplaintTest, TheAdviceNamesTheSetting) {
  KafkaSettings settings;
  const auto advice = [&](std::string_view text) { return AdviceFor(text, settings, 0x020002ff); };
  EXPECT_NE(advice("certificate verify failed: broker").find("kafka.tls.ca_file"),
            std::string::npos);
  EXPECT_NE(advice("SSL routines::sslv3 alert bad certificate").find("kafka.tls.certificate_file"),
            std::string::npos);
  EXPECT_NE(advice("SSL routines::unexpected eof").find("kafka.security"), std::string::npos);
  EXPECT_EQ(advice("Connect to ipv4#127.0.0.1:1 failed: Connection refused"), "");
}

TEST(ConnectionComplaintTest, ScramOfAnOldLibraryIsTold) {
  KafkaSettings settings;
  constexpr std::string_view kRefused = "SASL authentication error: invalid credentials";
  settings.sasl.mechanism = "PLAIN";
  EXPECT_EQ(AdviceFor(kRefused, settings, 0x020002ff).find("Kafka 4"), std::string::npos);
  settings.sasl.mechanism = "SCRAM-SHA-512";
  EXPECT_NE(AdviceFor(kRefused, settings, 0x020002ff).find("Kafka 4"), std::string::npos);
  EXPECT_EQ(AdviceFor(kRefused, settings, 0x020601ff).find("Kafka 4"), std::string::npos);
}

}  // namespace
}  // namespace sluice::kafka
