// Profiles in control.db.
#include "common/base/status.h"
#include "control/profile_time.h"
#include "control/sqlite_control_store.h"

namespace sluice::control {

absl::StatusOr<controlpb::Profile> SqliteControlStore::SaveProfile(
    const controlpb::Profile& profile) {
  base::MutexLock lock(&mutex_);
  controlpb::Profile saved = profile;
  StampProfile(clock_.Now(), saved);
  SLUICE_RETURN_IF_ERROR(
      InTransaction([&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return InsertProfile(saved); }));
  return saved;
}

absl::Status SqliteControlStore::InsertProfile(controlpb::Profile& saved) {
  SLUICE_ASSIGN_OR_RETURN(
      auto draw, connection_->Prepare(
                     "INSERT INTO profile_versions(name, last) VALUES(?, 1) ON CONFLICT(name) DO "
                     "UPDATE SET last = last + 1 RETURNING last"));
  draw.Bind(1, saved.name());
  SLUICE_ASSIGN_OR_RETURN(const bool drawn, draw.Step());
  if (!drawn) return absl::InternalError("no version was drawn");
  saved.set_version(static_cast<uint32_t>(draw.Int(0)));
  draw.Reset();
  SLUICE_ASSIGN_OR_RETURN(
      auto insert,
      connection_->Prepare("INSERT INTO profiles(name, version, profile) VALUES(?, ?, ?)"));
  const std::string bytes = saved.SerializeAsString();
  insert.Bind(1, saved.name()).Bind(2, static_cast<int64_t>(saved.version())).BindBlob(3, bytes);
  return insert.Run();
}

absl::StatusOr<std::vector<controlpb::Profile>> SqliteControlStore::ReadProfiles(
    std::string_view name) {
  base::MutexLock lock(&mutex_);
  std::vector<controlpb::Profile> profiles;
  // Of an older version that is only looked at.
  SLUICE_ASSIGN_OR_RETURN(
      const auto made,
      connection_->QueryInt("SELECT 1 FROM sqlite_master WHERE name = 'profiles'"));
  if (!made.has_value()) return profiles;
  SLUICE_ASSIGN_OR_RETURN(
      auto rows,
      connection_->Prepare(name.empty()
                               ? "SELECT profile FROM profiles p WHERE version = (SELECT "
                                 "max(version) FROM profiles WHERE name = p.name) ORDER BY name"
                               : "SELECT profile FROM profiles WHERE name = ? ORDER BY version"));
  if (!name.empty()) rows.Bind(1, name);
  while (true) {
    SLUICE_ASSIGN_OR_RETURN(const bool more, rows.Step());
    if (!more) return profiles;
    const std::string_view bytes = rows.Blob(0);
    if (!profiles.emplace_back().ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
      return absl::DataLossError("a profile of control.db is damaged");
    }
  }
}

absl::Status SqliteControlStore::DeleteProfile(std::string_view name) {
  base::MutexLock lock(&mutex_);
  SLUICE_ASSIGN_OR_RETURN(auto remove, connection_->Prepare("DELETE FROM profiles WHERE name = ?"));
  remove.Bind(1, name);
  return remove.Run();
}

}  // namespace sluice::control
