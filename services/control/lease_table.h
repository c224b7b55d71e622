// Who reads which import: what a call for leases changes. Pure; the stores keep the rows, and hold
// others off between reading and writing them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/control/v1/ingest_lease_service.pb.h"

namespace sluice::control {

namespace controlpb = ::sluice::control::v1;

// An import that has not ended.
struct LeaseRow {
  std::string import_id;
  std::string sink;
  // Rows that have an outcome.
  int64_t finished = 0;
  controlpb::ImportState state = controlpb::IMPORT_STATE_UNSPECIFIED;
  // Empty = nobody.
  std::string holder;
  // Milliseconds the lease still lasts; 0 and below: it has run out.
  int64_t left_millis = 0;
  // Its source was read to the end.
  bool done = false;
  // Its latest round, and of a later one the upload with its rows.
  uint32_t round = 0;
  std::string round_upload;
  // Out: the holder's lease begins anew.
  bool renewed = false;

  std::string name() const;
};

// A lease is for a round: who ended the one before must not end this one.
std::string LeaseName(std::string_view import_id, uint32_t round);

// Answers the call and marks the rows it renews. A lease with most of its time left is not renewed:
// the calls are many.
controlpb::RenewLeasesResponse RenewLeases(const controlpb::RenewLeasesRequest& request,
                                           int64_t lease_millis, std::vector<LeaseRow>& rows);

}  // namespace sluice::control
