// Leases of SqliteControlStore: who reads which import, and who publishes the outbox.
#include <algorithm>

#include "common/base/status.h"
#include "control/sqlite_control_store.h"

namespace sluice::control {

absl::StatusOr<std::vector<LeaseRow>> SqliteControlStore::ReadLeases(int64_t now_millis) {
  SLUICE_ASSIGN_OR_RETURN(
      auto rows,
      connection_->Prepare("SELECT i.id, i.sink, i.finished, i.state, l.holder, l.until, l.done, "
                           "i.round, i.round_upload FROM imports i LEFT JOIN leases l ON l.name = "
                           "iif(i.round = 0, i.id, i.id || '/' || i.round) WHERE "
                           "i.ended_at IS NULL ORDER BY i.sequence"));
  std::vector<LeaseRow> leases;
  while (true) {
    SLUICE_ASSIGN_OR_RETURN(const bool more, rows.Step());
    if (!more) return leases;
    LeaseRow& lease = leases.emplace_back();
    lease.import_id = std::string(rows.Text(0));
    lease.sink = std::string(rows.Text(1));
    lease.finished = rows.Int(2);
    lease.state = static_cast<controlpb::ImportState>(rows.Int(3));
    lease.round = static_cast<uint32_t>(rows.Int(7));
    lease.round_upload = std::string(rows.Text(8));
    if (rows.IsNull(4)) continue;
    lease.holder = std::string(rows.Text(4));
    lease.left_millis = rows.Int(5) - now_millis;
    lease.done = rows.Int(6) != 0;
  }
}

absl::Status SqliteControlStore::WriteLease(std::string_view name, std::string_view holder,
                                            int64_t until_millis) {
  SLUICE_ASSIGN_OR_RETURN(
      auto write, connection_->Prepare("INSERT INTO leases(name, holder, until, done) VALUES(?1, "
                                       "?2, ?3, 0) ON CONFLICT(name) DO UPDATE SET holder = ?2, "
                                       "until = ?3"));
  write.Bind(1, name).Bind(2, holder).Bind(3, until_millis);
  return write.Run();
}

absl::StatusOr<OutboxTurn> SqliteControlStore::TakeOutbox(std::string_view publisher,
                                                          absl::Duration lease) {
  base::MutexLock lock(&mutex_);
  OutboxTurn turn = OutboxTurn::kOther;
  const absl::Status done =
      InTransaction([&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) -> absl::Status {
        const int64_t now = absl::ToUnixMillis(clock_.Now());
        SLUICE_ASSIGN_OR_RETURN(
            auto rows,
            connection_->Prepare("SELECT holder FROM leases WHERE name = 'outbox' AND until "
                                 "> ?"));
        rows.Bind(1, now);
        SLUICE_ASSIGN_OR_RETURN(const bool held, rows.Step());
        const bool mine = held && rows.Text(0) == publisher;
        rows.Reset();
        if (held && !mine) return absl::OkStatus();
        turn = mine ? OutboxTurn::kKept : OutboxTurn::kTaken;
        return WriteLease("outbox", publisher, now + absl::ToInt64Milliseconds(lease));
      });
  if (!done.ok()) return done;
  return turn;
}

absl::StatusOr<controlpb::RenewLeasesResponse> SqliteControlStore::RenewLeases(
    const controlpb::RenewLeasesRequest& request, absl::Duration lease) {
  base::MutexLock lock(&mutex_);
  const int64_t now = absl::ToUnixMillis(clock_.Now());
  const int64_t millis = absl::ToInt64Milliseconds(lease);
  const auto is_renewed = [](const LeaseRow& row) { return row.renewed; };
  SLUICE_ASSIGN_OR_RETURN(auto rows, ReadLeases(now));
  controlpb::RenewLeasesResponse response = control::RenewLeases(request, millis, rows);
  // Most calls change nothing, and a transaction that writes costs a sync.
  if (std::none_of(rows.begin(), rows.end(), is_renewed)) return response;
  const absl::Status done =
      InTransaction([&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) -> absl::Status {
        // Somebody else may have taken one meanwhile.
        SLUICE_ASSIGN_OR_RETURN(rows, ReadLeases(now));
        response = control::RenewLeases(request, millis, rows);
        for (const LeaseRow& row : rows) {
          if (!row.renewed) continue;
          SLUICE_RETURN_IF_ERROR(WriteLease(row.name(), row.holder, now + millis));
        }
        return absl::OkStatus();
      });
  if (!done.ok()) return done;
  return response;
}

absl::Status SqliteControlStore::ReleaseLeases(const controlpb::ReleaseLeasesRequest& request) {
  base::MutexLock lock(&mutex_);
  return InTransaction([&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) -> absl::Status {
    SLUICE_ASSIGN_OR_RETURN(
        auto free, connection_->Prepare("UPDATE leases SET holder = '', done = max(done, ?) WHERE "
                                        "holder = ? AND name = ?"));
    const auto release = [&](const std::string& id, int64_t done) {
      free.Bind(1, done).Bind(2, request.instance()).Bind(3, id);
      return free.Run();
    };
    for (const std::string& id : request.imports()) SLUICE_RETURN_IF_ERROR(release(id, 0));
    for (const std::string& id : request.ended()) SLUICE_RETURN_IF_ERROR(release(id, 1));
    return absl::OkStatus();
  });
}

}  // namespace sluice::control
