// Leases of PostgresControlStore: who reads which import, and who publishes the outbox.
#include <fmt/format.h>

#include "common/base/status.h"
#include "control/lease_table.h"
#include "control/postgres_control_schema.h"
#include "control/postgres_control_store.h"

namespace sluice::control {

using database::PostgresArray;
using database::PostgresParameters;

absl::StatusOr<OutboxTurn> PostgresControlStore::TakeOutbox(std::string_view publisher,
                                                            absl::Duration lease) {
  base::MutexLock lock(&mutex_);
  OutboxTurn turn = OutboxTurn::kOther;
  const absl::Status done = InTransaction([&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(
                                              mutex_) -> absl::Status {
    SLUICE_RETURN_IF_ERROR(connection_->Execute(
        fmt::format("SELECT pg_advisory_xact_lock({}, {})", kControlLockSpace, kControlLeaseLock)));
    SLUICE_ASSIGN_OR_RETURN(
        const auto found,
        connection_->Query("SELECT holder, until > clock_timestamp() FROM sluice_control.leases "
                           "WHERE name = 'outbox'"));
    const bool held = found.size() == 1 && found.Bool(0, 1);
    const bool mine = held && found.Text(0, 0) == publisher;
    if (held && !mine) return absl::OkStatus();
    turn = mine ? OutboxTurn::kKept : OutboxTurn::kTaken;
    return connection_
        ->Query(
            "INSERT INTO sluice_control.leases(name, holder, until, done) VALUES('outbox', $1, "
            "clock_timestamp() + $2 * interval '1 millisecond', false) ON CONFLICT(name) DO "
            "UPDATE SET holder = $1, until = excluded.until",
            PostgresParameters().Text(publisher).Int(absl::ToInt64Milliseconds(lease)))
        .status();
  });
  if (!done.ok()) return done;
  return turn;
}

absl::StatusOr<controlpb::RenewLeasesResponse> PostgresControlStore::RenewLeases(
    const controlpb::RenewLeasesRequest& request, absl::Duration lease) {
  base::MutexLock lock(&mutex_);
  controlpb::RenewLeasesResponse response;
  const int64_t millis = absl::ToInt64Milliseconds(lease);
  const absl::Status done = InTransaction([&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(
                                              mutex_) -> absl::Status {
    SLUICE_RETURN_IF_ERROR(connection_->Execute(
        fmt::format("SELECT pg_advisory_xact_lock({}, {})", kControlLockSpace, kControlLeaseLock)));
    SLUICE_ASSIGN_OR_RETURN(
        const auto found,
        connection_->Query(
            "SELECT i.id, i.sink, i.finished, i.state, coalesce(l.holder, ''), "
            "coalesce(extract(epoch FROM "
            "l.until - clock_timestamp()) * 1000, 0)::bigint, coalesce(l.done, false), i.round, "
            "i.round_upload FROM sluice_control.imports i LEFT JOIN sluice_control.leases l ON "
            "l.name = CASE i.round WHEN 0 THEN i.id ELSE i.id || '/' || i.round END WHERE "
            "i.ended_at IS NULL ORDER BY i.sequence"));
    std::vector<LeaseRow> rows;
    for (int row = 0; row < found.size(); ++row) {
      rows.push_back({std::string(found.Text(row, 0)), std::string(found.Text(row, 1)),
                      found.Int(row, 2), static_cast<controlpb::ImportState>(found.Int(row, 3)),
                      std::string(found.Text(row, 4)), found.Int(row, 5), found.Bool(row, 6),
                      static_cast<uint32_t>(found.Int(row, 7)), std::string(found.Text(row, 8))});
    }
    response = control::RenewLeases(request, millis, rows);
    for (const LeaseRow& row : rows) {
      if (!row.renewed) continue;
      SLUICE_RETURN_IF_ERROR(
          connection_
              ->Query("INSERT INTO sluice_control.leases(name, holder, until, done) VALUES($1, $2, "
                      "clock_timestamp() + $3 * interval '1 millisecond', false) ON CONFLICT(name) "
                      "DO UPDATE SET holder = $2, until = excluded.until",
                      PostgresParameters().Text(row.name()).Text(row.holder).Int(millis))
              .status());
    }
    return absl::OkStatus();
  });
  if (!done.ok()) return done;
  return response;
}

absl::Status PostgresControlStore::ReleaseLeases(const controlpb::ReleaseLeasesRequest& request) {
  base::MutexLock lock(&mutex_);
  PostgresArray released = PostgresArray::OfTexts();
  for (const std::string& id : request.imports()) released.Add(id);
  PostgresArray ended = PostgresArray::OfTexts();
  for (const std::string& id : request.ended()) ended.Add(id);
  return InTransaction([&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) -> absl::Status {
    SLUICE_RETURN_IF_ERROR(
        connection_
            ->Query("UPDATE sluice_control.leases SET holder = '' WHERE holder = $1 AND name = "
                    "ANY($2)",
                    PostgresParameters().Text(request.instance()).Array(std::move(released)))
            .status());
    return connection_
        ->Query(
            "UPDATE sluice_control.leases SET holder = '', done = true WHERE holder = $1 AND "
            "name = ANY($2)",
            PostgresParameters().Text(request.instance()).Array(std::move(ended)))
        .status();
  });
}

}  // namespace sluice::control
