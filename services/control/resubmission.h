// Rows of an import that come again, mended or with an answer, become its next round (design
// section 7): this puts together what ingest will read, with the outcome that each row takes back.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "common/uploads/upload_store.h"
#include "control/control_store.h"
#include "control/import_starter.h"

namespace sluice::control {

struct ResubmitRequest {
  std::string import_id;
  // How its owner calls the file, for messages, and what was stored of it.
  std::string path;
  uploads::StoredUpload sent;
  // Answers count for later records of the same identity too.
  bool remember = false;
  uint64_t upload_bytes_max = uint64_t{50} << 30;
};

// Rows of one round; they are held in memory while they are put together.
inline constexpr size_t kRoundRowsMax = 1'000'000;

// The import with its round begun; or gone on with, when it was begun with the same file and is
// open. NotFound; FailedPrecondition when the import may have no round now; InvalidArgument when
// the file is not one of its rows. Nothing has changed then. An import that has ended and stays so:
// no row of the file was mended or answered.
absl::StatusOr<Started> Resubmit(ControlStore& store, uploads::UploadStore& uploads,
                                 const ResubmitRequest& request);

}  // namespace sluice::control
