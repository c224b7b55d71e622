#include "clean/request_index.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

namespace sluice::clean {
namespace {

constexpr uint64_t kWindow = 100;

// The state of one partition, changed as a runner would.
class FakeState : public stream::StateReader, public stream::Transaction {
 public:
  absl::Status MultiGet(uint32_t, const std::vector<std::string_view>& keys,
                        std::vector<std::string>& values, std::vector<bool>& found) const override {
    values.assign(keys.size(), "");
    found.assign(keys.size(), false);
    for (size_t i = 0; i < keys.size(); ++i) {
      const auto entry = entries.find(std::string(keys[i]));
      if (entry == entries.end()) continue;
      values[i] = entry->second;
      found[i] = true;
    }
    return absl::OkStatus();
  }
  void Append(stream::TopicPartition, const stream::RecordHeaders&, std::string_view,
              std::string_view) override {}
  void Upsert(stream::TopicPartition, std::string_view, std::string_view) override {}
  void Consumed(std::string_view, stream::TopicPartition, uint64_t) override {}
  void Change(const stream::StateChange& change) override {
    if (change.kind == stream::StateChange::Kind::kPut) {
      entries[std::string(change.key)] = std::string(change.value);
      return;
    }
    std::erase_if(entries, [&](const auto& entry) { return entry.first.starts_with(change.key); });
  }
  absl::StatusOr<stream::LogPosition> Commit() override { return stream::LogPosition{}; }

  std::map<std::string, std::string> entries;
};

class RequestIndexTest : public ::testing::Test {
 protected:
  // A batch of one record.
  bool IsRepeat(const std::string& name, uint64_t at) {
    ClaimOverlay claims;
    RequestIndex index(claims, kWindow);
    const base::Hash128 request = base::KeyedHash({}, name);
    index.Expect(request.view(), at);
    EXPECT_TRUE(claims.Load(state_, 0).ok());
    pipeline::StageOutput out(state_, {0, 0}, pipeline::recordpb::STAGE_CLEAN);
    const bool repeat = index.IsRepeat(request.view(), at, out);
    claims.Write(out);
    return repeat;
  }
  // Entries without the one that says which span is the latest.
  size_t size() const { return state_.entries.size() - 1; }

  FakeState state_;
};

TEST_F(RequestIndexTest, ARequestIsKnownForAtLeastTheWindow) {
  for (const uint64_t start : {1000u, 1050u, 1099u}) {
    const std::string name = "r" + std::to_string(start);
    EXPECT_FALSE(IsRepeat(name, start));
    EXPECT_TRUE(IsRepeat(name, start));
    EXPECT_TRUE(IsRepeat(name, start + kWindow));
    EXPECT_FALSE(IsRepeat(name, start + 3 * kWindow));
  }
}

TEST_F(RequestIndexTest, ClocksMayDiffer) {
  EXPECT_FALSE(IsRepeat("a", 1100));
  EXPECT_TRUE(IsRepeat("a", 1099));
}

TEST_F(RequestIndexTest, OldSpansGoAndTheIndexDoesNotGrow) {
  for (uint64_t span = 0; span < 50; ++span) {
    for (int i = 0; i < 10; ++i) {
      EXPECT_FALSE(IsRepeat(std::to_string(span) + "/" + std::to_string(i), 1000 + span * kWindow));
    }
    EXPECT_LE(size(), 20u);
  }
  // A long silence leaves nothing behind either.
  EXPECT_FALSE(IsRepeat("late", 1000 + 80 * kWindow));
  EXPECT_EQ(size(), 1u);
}

}  // namespace
}  // namespace sluice::clean
