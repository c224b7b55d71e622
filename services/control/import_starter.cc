#include "control/import_starter.h"

#include <fmt/format.h>

#include <filesystem>

#include "common/base/status.h"
#include "common/formats/inspect.h"
#include "common/plan/plan_builder.h"
#include "common/plan/plan_parts.h"
#include "common/spreadsheet/refusal.h"
#include "control/import_replay.h"
#include "control/profile_book.h"

namespace sluice::control {
namespace {

absl::Status Refuse(RefusalKind kind, absl::Status status, Refusal& refusal) {
  refusal.kind = kind;
  refusal.status = status;
  return status;
}

}  // namespace

absl::StatusOr<plan::PlanRequest> ImportStarter::RequestFor(const StartRequest& request,
                                                            std::string_view dataset) {
  plan::PlanRequest wanted;
  SLUICE_ASSIGN_OR_RETURN(wanted.dataset, plan::FindDataset(dataset, request.dataset_directory));
  SLUICE_ASSIGN_OR_RETURN(wanted.references,
                          plan::FindReferences(wanted.dataset, request.dataset_directory));
  wanted.mapping = request.mapping;
  wanted.on_duplicate = request.on_duplicate;
  wanted.in_file = request.in_file;
  wanted.sink = request.sink.name;
  wanted.partitions = request.partitions;
  wanted.whole_bytes_max = request.whole_bytes_max;
  wanted.row_bytes_max = request.row_bytes_max;
  return wanted;
}

absl::Status ImportStarter::UseProfile(const std::vector<std::string>* columns,
                                       StartRequest& request, planpb::ProfileUse& use,
                                       Refusal& refusal) {
  if (request.profiles == nullptr || request.mapping.has_value()) return absl::OkStatus();
  ProfileBook book(*request.profiles);
  std::optional<controlpb::Profile> profile;
  if (!request.profile.empty()) {
    auto found = book.Get(request.profile, request.profile_version);
    if (absl::IsNotFound(found.status())) {
      return Refuse(RefusalKind::kUsage, base::Annotate(found.status(), "--profile"), refusal);
    }
    SLUICE_RETURN_IF_ERROR(found.status());
    profile = std::move(found->profile);
  } else if (!request.no_profile && columns != nullptr) {
    auto chosen = book.Choose(*columns, request.dataset_given ? request.dataset : "");
    if (absl::IsFailedPrecondition(chosen.status())) {
      return Refuse(RefusalKind::kUsage, base::Annotate(chosen.status(), request.path), refusal);
    }
    SLUICE_ASSIGN_OR_RETURN(profile, std::move(chosen));
  }
  if (!profile.has_value()) return absl::OkStatus();
  const std::string origin =
      fmt::format("profile {} version {}", profile->name(), profile->version());
  if (request.dataset_given && request.dataset != profile->dataset()) {
    return Refuse(
        RefusalKind::kUsage,
        absl::InvalidArgumentError(fmt::format("--dataset says {}, {} says {}", request.dataset,
                                               origin, profile->dataset())),
        refusal);
  }
  auto mapping = plan::ParseMapping(profile->mapping(), origin);
  if (!mapping.ok()) return Refuse(RefusalKind::kUsage, mapping.status(), refusal);
  request.mapping = *std::move(mapping);
  request.dataset = profile->dataset();
  use.set_name(profile->name());
  use.set_version(profile->version());
  return absl::OkStatus();
}

absl::StatusOr<planpb::Plan> ImportStarter::PlanFor(const StartRequest& given,
                                                    const uploads::StoredUpload& upload,
                                                    Refusal& refusal) {
  StartRequest request = given;
  planpb::ProfileUse use;
  // A profile that is named; one that fits is found when the columns are known.
  SLUICE_RETURN_IF_ERROR(UseProfile(nullptr, request, use, refusal));
  auto plan = request.mapping.has_value() && !request.mapping->sheets.empty()
                  ? PlanForSheets(request, upload, refusal)
                  : PlanForSheet(std::move(request), upload, use, refusal);
  if (!plan.ok()) return plan;
  if (given.replayed != nullptr) {
    plan->set_replay_of(given.replayed->id);
    if (given.keeps_mapping) use = given.replayed->plan.profile();
  }
  if (!use.name().empty()) *plan->mutable_profile() = std::move(use);
  return plan;
}

absl::StatusOr<planpb::Plan> ImportStarter::PlanForSheets(const StartRequest& request,
                                                          const uploads::StoredUpload& upload,
                                                          Refusal& refusal) {
  if (!request.sheet.empty()) {
    return Refuse(RefusalKind::kUsage,
                  absl::InvalidArgumentError(fmt::format(
                      "--sheet and sheets in {}: give one of them", request.mapping->origin)),
                  refusal);
  }
  if (request.reading.header_row.has_value()) {
    return Refuse(RefusalKind::kUsage,
                  absl::InvalidArgumentError(fmt::format(
                      "--header-row is for one sheet, {} names several", request.mapping->origin)),
                  refusal);
  }
  std::vector<planpb::Plan> sheets;
  for (const plan::MappingFile& mapping : request.mapping->sheets) {
    StartRequest part = request;
    part.mapping = mapping;
    part.sheet = mapping.sheet;
    part.dataset = mapping.dataset;
    planpb::ProfileUse none;
    SLUICE_ASSIGN_OR_RETURN(sheets.emplace_back(),
                            PlanForSheet(std::move(part), upload, none, refusal));
  }
  auto joined = plan::JoinPlans(std::move(sheets));
  if (!joined.ok()) return Refuse(RefusalKind::kUsage, joined.status(), refusal);
  return joined;
}

absl::StatusOr<planpb::Plan> ImportStarter::PlanForSheet(StartRequest request,
                                                         const uploads::StoredUpload& upload,
                                                         planpb::ProfileUse& use,
                                                         Refusal& refusal) {
  auto requested = RequestFor(request, request.dataset);
  if (!requested.ok()) return Refuse(RefusalKind::kUsage, requested.status(), refusal);
  SLUICE_ASSIGN_OR_RETURN(auto source, uploads_.Open(upload.sha256));
  TableChoice choice{request.sheet, request.member, request.reading};
  if (request.replayed != nullptr) KeepReading(request.replayed->plan, choice);
  formats::InspectOptions options;
  options.sheet = choice.sheet;
  options.member = choice.member;
  const absl::Status said = formats::Apply(choice.reading, options);
  if (!said.ok()) return Refuse(RefusalKind::kUsage, said, refusal);
  options.sample_rows = formats::kJudgedSampleRows;
  auto shape = formats::Inspect(*source, request.path, options);
  if (!shape.ok()) return Refuse(RefusalKind::kFile, shape.status(), refusal);
  if (shape->header_row == 0 && !choice.reading.header_row.has_value() &&
      shape->format != formats::Format::kNdjson) {
    return Refuse(
        RefusalKind::kFile,
        spreadsheet::Refuse(
            spreadsheet::Refusal::kNoHeader,
            fmt::format(
                "{}: no header row was recognised: say which one it is (--header-row, 0: none), "
                "or put a first row with the names of the columns into the file",
                request.path)),
        refusal);
  }
  const absl::Status whole = formats::CheckWhole(*source, *shape, request.path);
  if (!whole.ok()) return Refuse(RefusalKind::kFile, whole, refusal);
  if (use.name().empty()) {
    SLUICE_RETURN_IF_ERROR(UseProfile(&shape->columns, request, use, refusal));
    if (!use.name().empty()) requested = RequestFor(request, request.dataset);
    if (!requested.ok()) return Refuse(RefusalKind::kUsage, requested.status(), refusal);
  }
  plan::PlanRequest& wanted = *requested;
  wanted.shape = *std::move(shape);
  wanted.upload_sha256 = upload.sha256;
  auto plan = plan::BuildPlan(wanted);
  if (!plan.ok()) return Refuse(RefusalKind::kUsage, plan.status(), refusal);
  return plan;
}

absl::StatusOr<Started> ImportStarter::Start(const StartRequest& request, Refusal& refusal) {
  refusal = {};
  auto upload = uploads_.Store(request.path, request.upload_bytes_max);
  if (!upload.ok()) return Refuse(RefusalKind::kFile, upload.status(), refusal);
  return StartStored(request, *upload, refusal);
}

absl::StatusOr<std::optional<std::string>> ImportStarter::Admit(
    const StartRequest& request, const planpb::Plan& plan, const std::string& path,
    const std::vector<ImportRecord>& running, Refusal& refusal) {
  const std::string hash = plan::PlanHash(plan);
  for (const ImportRecord& import : running) {
    // One whose rows come again has read its file to the end.
    if (request.start_new || import.ended() || import.is_redo() || import.round() > 0) continue;
    if (import.plan_hash == hash) return import.id;
    const std::string& replayed = import.plan.replay_of();
    if (!plan.replay_of().empty() && replayed == plan.replay_of()) {
      return Refuse(
          RefusalKind::kConflict,
          absl::FailedPreconditionError(fmt::format(
              "import {} replays {} under another plan and has not ended: wait for it or `sluice "
              "cancel {}`, or give --new to start another",
              import.id, replayed, import.id)),
          refusal);
    }
    // A replay reads what is stored, whatever the file holds now.
    if (!replayed.empty() || !plan.replay_of().empty()) continue;
    if (import.path == path &&
        import.plan.source().upload_sha256() != plan.source().upload_sha256()) {
      return Refuse(
          RefusalKind::kConflict,
          absl::FailedPreconditionError(fmt::format(
              "{} has changed since import {} of it began, and that has not ended: put the old "
              "content back to go on with it, or give --new to start another import",
              request.path, import.id)),
          refusal);
    }
  }
  return std::nullopt;
}

absl::StatusOr<Started> ImportStarter::StartStored(const StartRequest& request,
                                                   const uploads::StoredUpload& upload,
                                                   Refusal& refusal) {
  SLUICE_ASSIGN_OR_RETURN(const planpb::Plan plan, PlanFor(request, upload, refusal));
  const std::string hash = plan::PlanHash(plan);
  const std::string path = request.absolute_path.empty()
                               ? std::filesystem::absolute(request.path).lexically_normal().string()
                               : request.absolute_path;
  const Admission admit = [&](const std::vector<ImportRecord>& running) {
    return Admit(request, plan, path, running, refusal);
  };
  // A look first: what is gone on with, or refused, needs no sink.
  SLUICE_ASSIGN_OR_RETURN(const std::vector<ImportRecord> running, store_.ListRunning());
  SLUICE_ASSIGN_OR_RETURN(const auto known, admit(running));
  if (!known.has_value()) {
    if (request.check_sink) SLUICE_RETURN_IF_ERROR(request.check_sink(plan));
    SLUICE_RETURN_IF_ERROR(store_.AddSink(request.sink));
  }
  SLUICE_ASSIGN_OR_RETURN(
      CreatedImport created,
      store_.CreateImport({ids_.Next(), path, hash, plan, request.sequence_min}, admit));
  return StartedOf(std::move(created));
}

absl::StatusOr<Started> ImportStarter::StartStream(const StartRequest& given,
                                                   plan::StreamSource source,
                                                   std::vector<std::string> columns,
                                                   Refusal& refusal) {
  refusal = {};
  StartRequest request = given;
  planpb::ProfileUse use;
  // Nobody sees the shape of a stream beforehand: only a profile that is named.
  SLUICE_RETURN_IF_ERROR(UseProfile(nullptr, request, use, refusal));
  if (request.mapping.has_value() && !request.mapping->sheets.empty()) {
    return Refuse(RefusalKind::kUsage,
                  absl::InvalidArgumentError("sheets are for workbooks, not for streams"), refusal);
  }
  auto requested = RequestFor(request, request.dataset);
  if (!requested.ok()) return Refuse(RefusalKind::kUsage, requested.status(), refusal);
  plan::PlanRequest& wanted = *requested;
  if (columns.empty()) columns = plan::StreamColumns(wanted.dataset, request.mapping);
  wanted.shape.columns = std::move(columns);
  const std::string path = source.topic.empty() ? source.format : "kafka:" + source.topic;
  // Pushes have an import for each ingest; a topic has one.
  const bool shared = !source.topic.empty() && !request.start_new;
  wanted.stream = std::move(source);
  auto plan = plan::BuildPlan(wanted);
  if (!plan.ok()) return Refuse(RefusalKind::kUsage, plan.status(), refusal);
  if (!use.name().empty()) *plan->mutable_profile() = std::move(use);
  const std::string hash = plan::PlanHash(*plan);
  const Admission admit =
      [&](const std::vector<ImportRecord>& running) -> absl::StatusOr<std::optional<std::string>> {
    for (const ImportRecord& import : running) {
      const bool reads = !import.ended() && import.round() == 0;
      if (shared && reads && import.plan_hash == hash) return import.id;
    }
    return std::nullopt;
  };
  if (request.check_sink) SLUICE_RETURN_IF_ERROR(request.check_sink(*plan));
  SLUICE_RETURN_IF_ERROR(store_.AddSink(request.sink));
  SLUICE_ASSIGN_OR_RETURN(CreatedImport created,
                          store_.CreateImport({ids_.Next(), path, hash, *plan}, admit));
  return StartedOf(std::move(created));
}

absl::StatusOr<Started> ImportStarter::StartedOf(CreatedImport created) {
  if (created.import.state != controlpb::IMPORT_STATE_PAUSED) {
    return Started{std::move(created.import), created.resumed};
  }
  SLUICE_ASSIGN_OR_RETURN(ImportRecord resumed,
                          store_.ChangeState(created.import.id, Wish::kResume));
  return Started{std::move(resumed), true};
}

}  // namespace sluice::control
