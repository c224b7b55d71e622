// Profiles in control's PostgreSQL.
#include "common/base/status.h"
#include "control/postgres_control_store.h"
#include "control/profile_time.h"

namespace sluice::control {

using database::PostgresParameters;

absl::StatusOr<controlpb::Profile> PostgresControlStore::SaveProfile(
    const controlpb::Profile& profile) {
  base::MutexLock lock(&mutex_);
  controlpb::Profile saved = profile;
  StampProfile(clock_.Now(), saved);
  SLUICE_RETURN_IF_ERROR(Ready());
  // Not by Ask: a save that may have been made is not made again.
  SLUICE_ASSIGN_OR_RETURN(
      const auto rows,
      connection_->Query("WITH drawn AS (INSERT INTO sluice_control.profile_versions AS v(name, "
                         "last) VALUES($1, 1) ON CONFLICT(name) DO UPDATE SET last = v.last + 1 "
                         "RETURNING last) INSERT INTO sluice_control.profiles(name, version, "
                         "profile) SELECT $1, last, $2 FROM drawn RETURNING version",
                         PostgresParameters().Text(saved.name()).Blob(saved.SerializeAsString())));
  saved.set_version(static_cast<uint32_t>(rows.Int(0, 0)));
  return saved;
}

absl::StatusOr<std::vector<controlpb::Profile>> PostgresControlStore::ReadProfiles(
    std::string_view name) {
  base::MutexLock lock(&mutex_);
  SLUICE_ASSIGN_OR_RETURN(
      const auto rows,
      name.empty()
          ? Ask("SELECT DISTINCT ON (name COLLATE \"C\") version, profile FROM "
                "sluice_control.profiles ORDER BY name COLLATE \"C\", version DESC",
                {})
          : Ask("SELECT version, profile FROM sluice_control.profiles WHERE name = $1 ORDER BY "
                "version",
                PostgresParameters().Text(name)));
  std::vector<controlpb::Profile> profiles;
  for (int row = 0; row < rows.size(); ++row) {
    const std::string_view bytes = rows.Text(row, 1);
    controlpb::Profile& profile = profiles.emplace_back();
    if (!profile.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
      return absl::DataLossError("a profile of sluice_control is damaged");
    }
    profile.set_version(static_cast<uint32_t>(rows.Int(row, 0)));
  }
  return profiles;
}

absl::Status PostgresControlStore::DeleteProfile(std::string_view name) {
  base::MutexLock lock(&mutex_);
  return Ask("DELETE FROM sluice_control.profiles WHERE name = $1", PostgresParameters().Text(name))
      .status();
}

}  // namespace sluice::control
