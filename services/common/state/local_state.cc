#include "common/state/local_state.h"

#include <fmt/format.h>

#include <filesystem>

#include "common/base/status.h"
#include "sluice/storage/v1/storage.pb.h"

namespace sluice::state {
namespace {

std::string CheckpointKey(uint32_t partition) {
  std::string key = "checkpoint/";
  AppendPartition(partition, key);
  return key;
}

}  // namespace

void LocalChanges::SetCheckpoint(uint32_t partition, const Checkpoint& checkpoint) {
  storage::v1::StateCheckpoint stored;
  stored.set_log_id(checkpoint.log_id);
  stored.set_changelog_offset(checkpoint.changelog_offset);
  stored.set_input_offset(checkpoint.input_offset);
  stored.set_at_seconds(absl::ToUnixSeconds(checkpoint.at));
  batch_.Put(database_.family(Family::kMeta), CheckpointKey(partition), stored.SerializeAsString());
}

absl::StatusOr<std::unique_ptr<LocalState>> LocalState::Open(const RocksOptions& options) {
  std::error_code ignored;
  std::filesystem::create_directories(options.path, ignored);
  auto database = RocksDatabase::Open(options);
  const bool damaged = absl::IsDataLoss(database.status());
  if (damaged) {
    std::error_code failed;
    std::filesystem::remove_all(options.path, failed);
    if (failed) {
      return absl::FailedPreconditionError(
          fmt::format("the damaged state in {} cannot be removed ({}): remove it by hand",
                      options.path, failed.message()));
    }
    database = RocksDatabase::Open(options);
  }
  SLUICE_RETURN_IF_ERROR(database.status());
  return std::unique_ptr<LocalState>(new LocalState(std::move(*database), damaged));
}

absl::Status LocalState::Apply(LocalChanges& changes) {
  return ToStatus(database_->db().Write(rocksdb::WriteOptions(), &changes.batch_),
                  "cannot write state");
}

absl::StatusOr<std::optional<Checkpoint>> LocalState::ReadCheckpoint(uint32_t partition) {
  std::string bytes;
  const rocksdb::Status status = database_->db().Get(
      rocksdb::ReadOptions(), database_->family(Family::kMeta), CheckpointKey(partition), &bytes);
  if (status.IsNotFound()) return std::optional<Checkpoint>();
  SLUICE_RETURN_IF_ERROR(ToStatus(status, "cannot read state"));
  storage::v1::StateCheckpoint stored;
  if (!stored.ParseFromString(bytes)) return std::optional<Checkpoint>();
  return std::optional<Checkpoint>({stored.log_id(), stored.changelog_offset(),
                                    stored.input_offset(),
                                    absl::FromUnixSeconds(stored.at_seconds())});
}

absl::Status LocalState::Wipe(uint32_t partition) {
  std::string prefix;
  AppendPartition(partition, prefix);
  rocksdb::WriteBatch batch;
  batch.DeleteRange(database_->family(Family::kState), prefix, PrefixEnd(prefix));
  batch.Delete(database_->family(Family::kMeta), CheckpointKey(partition));
  return ToStatus(database_->db().Write(rocksdb::WriteOptions(), &batch), "cannot drop state");
}

}  // namespace sluice::state
