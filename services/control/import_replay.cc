#include "control/import_replay.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/plan/plan_builder.h"
#include "common/plan/plan_mapping.h"
#include "common/plan/plan_parts.h"

namespace sluice::control {
namespace {

absl::Status Refuse(RefusalKind kind, absl::Status status, Refusal& refusal) {
  refusal.kind = kind;
  refusal.status = status;
  return status;
}

bool MayBeReplayed(controlpb::ImportState state) {
  switch (state) {
    case controlpb::IMPORT_STATE_COMPLETED:
    case controlpb::IMPORT_STATE_FAILED:
    case controlpb::IMPORT_STATE_CANCELLED:
    case controlpb::IMPORT_STATE_ROLLED_BACK:
    case controlpb::IMPORT_STATE_PARTLY_ROLLED_BACK:
      return true;
    default:
      return false;
  }
}

// The part of the plan that read the table; null when none did.
const planpb::Source* SourceOf(const planpb::Plan& plan, const TableChoice& choice) {
  const auto parts = plan::PartsOf(plan);
  const auto found = std::find_if(parts.begin(), parts.end(), [&](const planpb::Plan* part) {
    return part->source().sheet() == choice.sheet;
  });
  return found == parts.end() ? nullptr : &(*found)->source();
}

}  // namespace

absl::Status CheckReplayable(const ImportRecord& import) {
  if (!MayBeReplayed(import.state)) {
    return absl::FailedPreconditionError(
        fmt::format("import {} is {}: it is replayed when it has ended; wait for it, or "
                    "`sluice cancel {}` first",
                    import.id, StateName(import.state), import.id));
  }
  if (plan::IsStream(import.plan)) {
    return absl::OutOfRangeError(
        fmt::format("import {} read a stream ({}), of which no file is stored: only imports of "
                    "files can be replayed",
                    import.id, import.plan.source().format()));
  }
  return absl::OkStatus();
}

absl::Status FillReplay(const ImportRecord& replayed, StartRequest& request, Refusal& refusal) {
  const absl::Status status = CheckReplayable(replayed);
  if (!status.ok()) {
    const bool early = absl::IsFailedPrecondition(status);
    return Refuse(early ? RefusalKind::kConflict : RefusalKind::kFile, status, refusal);
  }
  request.replayed = std::make_shared<const ImportRecord>(replayed);
  request.path = replayed.path;
  request.absolute_path = replayed.path;
  if (!request.mapping.has_value() && request.profile.empty()) {
    request.mapping = plan::MappingOf(replayed.plan, "the mapping of import " + replayed.id);
    request.keeps_mapping = true;
  }
  const bool several = request.mapping.has_value() && !request.mapping->sheets.empty();
  std::string said;
  if (request.mapping.has_value()) {
    said = several ? "one for each sheet" : request.mapping->dataset;
  }
  if (request.dataset_given && !said.empty() && request.dataset != said) {
    return Refuse(
        RefusalKind::kUsage,
        absl::InvalidArgumentError(fmt::format("--dataset says {}, {} says {}: give one "
                                               "of them, or another mapping",
                                               request.dataset, request.mapping->origin, said)),
        refusal);
  }
  if (several || request.dataset_given) return absl::OkStatus();
  request.dataset = said.empty() ? replayed.plan.dataset().name() : said;
  return absl::OkStatus();
}

absl::StatusOr<uploads::StoredUpload> FindReplayed(const ImportRecord& replayed,
                                                   const uploads::UploadStore& uploads,
                                                   Refusal& refusal) {
  const std::string& sha256 = replayed.plan.source().upload_sha256();
  auto upload = uploads.Find(sha256);
  if (!absl::IsNotFound(upload.status())) return upload;
  return Refuse(
      RefusalKind::kFile,
      absl::OutOfRangeError(fmt::format(
          "the file of import {} ({}) is no longer among the stored uploads (SHA-256 {}): import "
          "the file itself again with `sluice import`",
          replayed.id, replayed.path, sha256)),
      refusal);
}

void KeepReading(const planpb::Plan& replayed, TableChoice& choice) {
  const planpb::Source& first = replayed.source();
  // Another file of the archive is another file.
  if (!choice.member.empty() && choice.member != first.member()) return;
  choice.member = first.member();
  if (choice.sheet.empty() && replayed.parts().empty()) choice.sheet = first.sheet();
  const planpb::Source* const source = SourceOf(replayed, choice);
  if (source == nullptr) return;
  const auto format = formats::FormatByName(source->format());
  formats::ReadingChoice& reading = choice.reading;
  if (format != formats::Format::kWorkbook && reading.encoding.empty()) {
    reading.encoding = source->encoding();
  }
  if (format == formats::Format::kDelimited && reading.delimiter.empty()) {
    reading.delimiter = source->delimiter();
  }
  if (format != formats::Format::kNdjson && !reading.header_row.has_value()) {
    reading.header_row = source->header_row();
  }
}

}  // namespace sluice::control
