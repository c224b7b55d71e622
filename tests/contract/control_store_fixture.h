// What the contract of control::ControlStore needs from a store under test, and how its tests speak
// to it.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "common/base/status.h"
#include "common/base/ulid.h"
#include "common/pipeline/result_builder.h"
#include "control/control_store.h"

namespace sluice::contract {

// Owns one database and a store on it.
class ControlFixture {
 public:
  virtual ~ControlFixture() = default;
  virtual control::ControlStore& store() = 0;
  // One more store on the same database, as of another process.
  virtual std::unique_ptr<control::ControlStore> OpenAnother() = 0;
  // Closes the store and opens it again.
  virtual void Reopen() = 0;
  // Leases, that of the outbox too, are older by as many seconds.
  virtual void AgeLeases(int seconds) = 0;
  // Writes the version after the one this program knows, and opens the store.
  virtual absl::Status OpenNewerSchema() = 0;
};

using ControlFixtureFactory = std::unique_ptr<ControlFixture> (*)();

class ControlStoreContract : public ::testing::TestWithParam<ControlFixtureFactory> {
 protected:
  static constexpr uint32_t kPartitions = 2;

  void SetUp() override { fixture_ = GetParam()(); }
  control::ControlStore& store() { return fixture_->store(); }

  static control::NewImport Wanted(const std::string& id, const std::string& hash) {
    control::NewImport wanted;
    wanted.id = id;
    wanted.path = "/files/" + hash;
    wanted.plan_hash = hash;
    wanted.plan.set_partitions(kPartitions);
    wanted.plan.set_sink("customers");
    return wanted;
  }
  // As ImportStarter: one of the same content is gone on with.
  static control::Admission SameContent(const std::string& hash) {
    return [hash](const std::vector<control::ImportRecord>& running)
               -> absl::StatusOr<std::optional<std::string>> {
      for (const control::ImportRecord& import : running) {
        if (import.plan_hash == hash) return import.id;
      }
      return std::nullopt;
    };
  }
  std::string Create(const std::string& id) {
    auto created = store().CreateImport(Wanted(id, id), SameContent(id));
    EXPECT_TRUE(created.ok()) << created.status();
    return id;
  }

  static control::recordpb::StageResult Result(const std::string& id,
                                               control::recordpb::Stage stage, uint32_t partition) {
    control::recordpb::StageResult result;
    result.set_import_id(id);
    result.set_stage(stage);
    result.set_partition(partition);
    return result;
  }
  // All stages have passed the end of a partition; `rows` were sent there, `added` of them were
  // new.
  static std::vector<control::recordpb::StageResult> Ended(const std::string& id,
                                                           uint32_t partition, int64_t rows,
                                                           int64_t added) {
    std::vector<control::recordpb::StageResult> results;
    for (const auto stage : {control::recordpb::STAGE_INGEST, control::recordpb::STAGE_CLEAN,
                             control::recordpb::STAGE_MAP, control::recordpb::STAGE_LOAD}) {
      control::recordpb::StageResult& result = results.emplace_back(Result(id, stage, partition));
      result.set_ended(true);
      if (stage == control::recordpb::STAGE_INGEST) {
        result.set_rows_sent(static_cast<uint64_t>(rows));
        result.set_rows_read(static_cast<uint64_t>(rows));
      }
      if (stage != control::recordpb::STAGE_LOAD) continue;
      result.set_position(100);
      pipeline::AddOutcome(result, control::recordpb::OUTCOME_ADDED, added);
    }
    return results;
  }
  // Adds one outcome to clean's counts.
  static std::vector<control::recordpb::StageResult> Skipped(const std::string& id,
                                                             uint32_t partition, int64_t count) {
    control::recordpb::StageResult result = Result(id, control::recordpb::STAGE_CLEAN, partition);
    pipeline::AddOutcome(result, control::recordpb::OUTCOME_SKIPPED, count);
    return {result};
  }
  static absl::StatusOr<control::AppliedResults> Apply(
      control::ControlStore& store, uint32_t partition, uint64_t from,
      const std::vector<control::recordpb::StageResult>& results) {
    return store.ApplyResults({{partition, from, from + results.size(), results}});
  }

  // Holders as letters in the order of the imports: Y(ou), O(ther), N(obody), D(one).
  static std::string Renew(control::ControlStore& store, const std::string& instance,
                           const std::vector<std::string>& held) {
    control::controlpb::RenewLeasesRequest request;
    request.set_instance(instance);
    for (const std::string& id : held) request.add_held(id);
    request.set_wants_more(true);
    const auto response = store.RenewLeases(request, absl::Seconds(10));
    EXPECT_TRUE(response.ok()) << response.status();
    std::string holders;
    for (const auto& import : response->imports()) holders += "?YOND"[import.holder()];
    return holders;
  }
  static void Release(control::ControlStore& store, const std::string& instance,
                      const std::string& ended) {
    control::controlpb::ReleaseLeasesRequest request;
    request.set_instance(instance);
    request.add_ended(ended);
    const absl::Status released = store.ReleaseLeases(request);
    EXPECT_TRUE(released.ok()) << released;
  }
  std::string OutboxKeys(control::ControlStore& store) {
    std::string keys;
    const auto messages = store.ReadOutbox();
    EXPECT_TRUE(messages.ok()) << messages.status();
    for (const control::OutboxMessage& message : *messages) keys += message.key + " ";
    return keys;
  }

  std::unique_ptr<ControlFixture> fixture_;
};

}  // namespace sluice::contract
