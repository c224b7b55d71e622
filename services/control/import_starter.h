// From a file and what a person said to a running import: stores the upload, looks at the file,
// builds the plan, and resumes, refuses or starts.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/ulid.h"
#include "common/formats/reading_choice.h"
#include "common/plan/mapping_file.h"
#include "common/plan/plan_builder.h"
#include "common/uploads/upload_store.h"
#include "control/control_store.h"

namespace sluice::control {

struct StartRequest {
  std::string path;
  // What tells files apart; empty = worked out from the path.
  std::string absolute_path;
  std::string dataset = "customers";
  // Where the user's own dataset files are.
  std::string dataset_directory;
  // The dataset was asked for, not only assumed.
  bool dataset_given = false;
  std::optional<plan::MappingFile> mapping;
  // Instead of a mapping: a saved one; version 0 = the newest.
  std::string profile;
  uint32_t profile_version = 0;
  // Without either, the profile that fits the file exactly is used, but not with this.
  bool no_profile = false;
  // Where profiles are; null = there are none. Outlives the request.
  ControlStore* profiles = nullptr;
  // Of a workbook: name or number; empty = the first with a table.
  std::string sheet;
  // Of a zip archive: the file in it; empty = the only one.
  std::string member;
  // What is said of the file instead of found out.
  formats::ReadingChoice reading;
  std::optional<planpb::OnDuplicate> on_duplicate;
  std::optional<planpb::InFile> in_file;
  // Of a replay: the import whose file is read again, and whether by its own mapping
  // (import_replay.h).
  std::shared_ptr<const ImportRecord> replayed;
  bool keeps_mapping = false;
  SinkRecord sink;
  // Asked before an import is created: one whose sink cannot take it would never end.
  std::function<absl::Status(const planpb::Plan&)> check_sink;
  // Start another import even if one of the same file has not ended.
  bool start_new = false;
  // See NewImport.
  uint64_t sequence_min = 1;
  uint32_t partitions = 4;
  uint64_t whole_bytes_max = 64u << 20;
  uint64_t row_bytes_max = 256u << 10;
  uint64_t upload_bytes_max = uint64_t{50} << 30;
};

struct Started {
  ImportRecord import;
  // It had been started before and is gone on with.
  bool resumed = false;
};

// Why an import was not started; says which exit code fits.
enum class RefusalKind { kFile, kUsage, kConflict, kWorld };

struct Refusal {
  RefusalKind kind = RefusalKind::kWorld;
  absl::Status status;
};

// Thread-compatible. Store and uploads outlive it.
class ImportStarter {
 public:
  ImportStarter(ControlStore& store, uploads::UploadStore& uploads, base::UlidGenerator& ids)
      : store_(store), uploads_(uploads), ids_(ids) {}

  // Nothing is left behind when it is refused, but perhaps the upload.
  absl::StatusOr<Started> Start(const StartRequest& request, Refusal& refusal);
  // An import of a stream with these columns; empty = plan::StreamColumns. A stream of the same
  // plan that has not ended is gone on with when it has a name of its own (a topic).
  absl::StatusOr<Started> StartStream(const StartRequest& request, plan::StreamSource source,
                                      std::vector<std::string> columns, Refusal& refusal);
  // The same with an upload that is stored already.
  absl::StatusOr<Started> StartStored(const StartRequest& request,
                                      const uploads::StoredUpload& upload, Refusal& refusal);

  // For an import that has no file to start with.
  std::string NewId() { return ids_.Next(); }

 private:
  // With the dataset of this name and those it refers to.
  static absl::StatusOr<plan::PlanRequest> RequestFor(const StartRequest& request,
                                                      std::string_view dataset);
  // Puts the profile's mapping into the request, where one is meant: by name, or for a file with
  // these columns.
  static absl::Status UseProfile(const std::vector<std::string>* columns, StartRequest& request,
                                 planpb::ProfileUse& use, Refusal& refusal);
  // The running import that is gone on with, if there is one, or why another must end first.
  static absl::StatusOr<std::optional<std::string>> Admit(const StartRequest& request,
                                                          const planpb::Plan& plan,
                                                          const std::string& path,
                                                          const std::vector<ImportRecord>& running,
                                                          Refusal& refusal);
  // Of one sheet or several, as the mapping says.
  absl::StatusOr<planpb::Plan> PlanFor(const StartRequest& request,
                                       const uploads::StoredUpload& upload, Refusal& refusal);
  absl::StatusOr<planpb::Plan> PlanForSheets(const StartRequest& request,
                                             const uploads::StoredUpload& upload, Refusal& refusal);
  // `use`: the profile that was taken, here or before.
  absl::StatusOr<planpb::Plan> PlanForSheet(StartRequest request,
                                            const uploads::StoredUpload& upload,
                                            planpb::ProfileUse& use, Refusal& refusal);

  // One that was paused goes on.
  absl::StatusOr<Started> StartedOf(CreatedImport created);

  ControlStore& store_;
  uploads::UploadStore& uploads_;
  base::UlidGenerator& ids_;
};

}  // namespace sluice::control
