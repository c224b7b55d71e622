// Topics of a test's own on the shared broker.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <memory>
#include <set>
#include <string>

#include "common/kafka/topic_admin.h"
#include "tests/testing/kafka_broker.h"
#include "tests/testing/kafka_watcher.h"

namespace sluice::testing {

// Topics with a prefix nobody else has, made on demand, for one broker and no replicas.
class KafkaTopics {
 public:
  KafkaTopics() {
    static int number = 0;
    prefix_ = fmt::format("t{}-{}", ::getpid(), ++number);
    policy_.replication_factor = 1;
    policy_.min_insync_replicas = 1;
    kafka::KafkaSettings settings = KafkaBroker::Shared().Settings();
    // A broker on a busy machine may take long for it.
    settings.request_timeout = absl::Seconds(30);
    auto admin = kafka::TopicAdmin::Open(settings, policy_);
    EXPECT_TRUE(admin.ok()) << admin.status();
    admin_ = std::move(*admin);
  }
  const std::string& prefix() const { return prefix_; }
  const kafka::TopicPolicy& policy() const { return policy_; }
  kafka::TopicAdmin& admin() { return *admin_; }

  std::string Name(std::string_view name) {
    const std::string full = fmt::format("{}.{}", prefix_, name);
    if (made_.insert(full).second) {
      const auto created = admin_->Create({{full, kafka::Cleanup::kDelete, absl::Hours(1)}});
      EXPECT_TRUE(created.ok()) << created.status();
    }
    return full;
  }
  void AwaitSettled() {
    for (const std::string& topic : made_) {
      watcher_.AwaitSettled(topic, KafkaBroker::Shared().Settings().partitions);
    }
  }

 private:
  std::string prefix_;
  kafka::TopicPolicy policy_;
  std::unique_ptr<kafka::TopicAdmin> admin_;
  std::set<std::string> made_;
  KafkaWatcher watcher_{KafkaBroker::Shared().address()};
};

}  // namespace sluice::testing
