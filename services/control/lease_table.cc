#include "control/lease_table.h"

#include <fmt/format.h>

#include <algorithm>

namespace sluice::control {

std::string LeaseName(std::string_view import_id, uint32_t round) {
  return round == 0 ? std::string(import_id) : fmt::format("{}/{}", import_id, round);
}

std::string LeaseRow::name() const {
  return LeaseName(import_id, round);
}

controlpb::RenewLeasesResponse RenewLeases(const controlpb::RenewLeasesRequest& request,
                                           int64_t lease_millis, std::vector<LeaseRow>& rows) {
  controlpb::RenewLeasesResponse response;
  response.mutable_lease()->set_seconds(lease_millis / 1000);
  response.mutable_lease()->set_nanos(static_cast<int32_t>(lease_millis % 1000 * 1'000'000));
  // One at a time: several instances that ask in turn share what there is.
  bool may_take = request.wants_more();
  for (LeaseRow& row : rows) {
    // One that waits for a rollback is not read yet, one that rolls back not any more.
    const bool paused = row.state == controlpb::IMPORT_STATE_PAUSED ||
                        row.state == controlpb::IMPORT_STATE_QUEUED ||
                        row.state == controlpb::IMPORT_STATE_ROLLING_BACK;
    // Who reads a paused one is told so by not holding it any more.
    const bool free = paused || row.holder.empty() || row.left_millis <= 0;
    const bool mine = !free && row.holder == request.instance();
    const bool held =
        std::find(request.held().begin(), request.held().end(), row.name()) != request.held().end();
    bool take = (free || mine) && held && !paused;
    // Its own from before a restart: the same instance goes on with it.
    if (!take && !row.done && mine) take = true;
    if (!take && !row.done && free && may_take && !paused) {
      take = true;
      may_take = false;
    }
    if (take) {
      row.renewed = !mine || row.left_millis < lease_millis / 4 * 3;
      row.holder = request.instance();
    }
    controlpb::RunningImport& running = *response.add_imports();
    running.set_import_id(row.import_id);
    running.set_sink(row.sink);
    running.set_lease(row.name());
    running.set_round(row.round);
    running.set_round_upload_sha256(row.round_upload);
    running.set_finished(row.finished);
    running.set_state(row.state);
    running.set_holder(take       ? controlpb::LEASE_HOLDER_YOU
                       : row.done ? controlpb::LEASE_HOLDER_DONE
                       : free     ? controlpb::LEASE_HOLDER_NOBODY
                                  : controlpb::LEASE_HOLDER_OTHER);
  }
  return response;
}

}  // namespace sluice::control
