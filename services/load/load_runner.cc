#include "load/load_runner.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/base/status.h"
#include "common/stream/topics.h"
#include "load/fence_check.h"
#include "sluice/record/v1/record.pb.h"

namespace sluice::load {

using pipeline::StepResult;

absl::StatusOr<std::unique_ptr<LoadRunner>> LoadRunner::Create(
    const LoadRunnerOptions& options, stream::Log& log, plan::PlanCatalog& catalog,
    const base::Clock& clock, std::unique_ptr<Sink> sink, pipeline::RunnerObserver* observer) {
  SLUICE_ASSIGN_OR_RETURN(auto source, log.OpenSource(stream::kLoadGroup, options.in));
  std::unique_ptr<LoadRunner> runner(
      new LoadRunner(options, log, catalog, clock, std::move(sink), observer, std::move(source)));
  SLUICE_RETURN_IF_ERROR(runner->FollowAssignment());
  return runner;
}

LoadRunner::LoadRunner(const LoadRunnerOptions& options, stream::Log& log,
                       plan::PlanCatalog& catalog, const base::Clock& clock,
                       std::unique_ptr<Sink> sink, pipeline::RunnerObserver* observer,
                       std::unique_ptr<stream::RecordSource> source)
    : options_(options),
      log_(log),
      clock_(clock),
      sink_(std::move(sink)),
      observer_(observer),
      source_(std::move(source)),
      catalog_(catalog),
      loaders_(*sink_, catalog),
      quarantined_(options.quarantine, log, options.in),
      fence_(log_.partitions()) {}

absl::Status LoadRunner::FollowAssignment() {
  if (open_.begun) sink_->Abort();
  open_ = {};
  totals_.clear();
  published_.clear();
  batch_.Clear();
  done_ = 0;
  const stream::Assignment& assignment = source_->assignment();
  for (const uint32_t p : assignment.partitions) fence_[p] = source_->Position(p);
  SLUICE_RETURN_IF_ERROR(GoToFences());
  SLUICE_RETURN_IF_ERROR(PublishPending());
  generation_ = assignment.generation;
  return absl::OkStatus();
}

bool LoadRunner::IsAssigned(uint32_t partition) const {
  const std::vector<uint32_t>& partitions = source_->assignment().partitions;
  return std::binary_search(partitions.begin(), partitions.end(), partition);
}

absl::Status LoadRunner::GoToFences() {
  auto fences = ReadFittingFences(*sink_, log_, {options_.topic, options_.in},
                                  source_->assignment().partitions);
  if (absl::IsOutOfRange(fences.status())) {
    return absl::FailedPreconditionError(fences.status().message());
  }
  SLUICE_RETURN_IF_ERROR(fences.status());
  for (const Fence& fence : *fences) {
    const absl::Status sought = source_->Seek(fence.partition, fence.next_offset);
    if (base::IsRetryable(sought)) return sought;
    if (!sought.ok()) {
      return absl::FailedPreconditionError(
          fmt::format("the sink and the log do not fit together ({}): restore both from one backup",
                      base::Message(sought)));
    }
    fence_[fence.partition] = fence.next_offset;
  }
  return absl::OkStatus();
}

absl::StatusOr<StepResult> LoadRunner::Read() {
  if (done_ < batch_.records.size()) {
    SLUICE_RETURN_IF_ERROR(source_->Attend());
    return StepResult::kProgress;
  }
  SLUICE_RETURN_IF_ERROR(source_->Poll(options_.limits, batch_));
  done_ = 0;
  if (batch_.records.empty()) return StepResult::kIdle;
  log_.RequestDurable(batch_.position);
  return StepResult::kProgress;
}

absl::StatusOr<StepResult> LoadRunner::Step() {
  StepResult read = StepResult::kIdle;
  if (AssignmentChanged()) {
    // Nothing is read before the fences of all partitions are known.
    SLUICE_RETURN_IF_ERROR(source_->Attend());
  } else {
    SLUICE_ASSIGN_OR_RETURN(read, Read());
  }
  if (AssignmentChanged()) {
    SLUICE_RETURN_IF_ERROR(FollowAssignment());
    return StepResult::kProgress;
  }
  if (publish_failed_) SLUICE_RETURN_IF_ERROR(PublishPending());
  // In turns with the records, so that neither waits for the other.
  if (!open_.begun && undo_turn_) {
    SLUICE_ASSIGN_OR_RETURN(const bool undone, UndoStep());
    undo_turn_ = read == StepResult::kIdle;
    if (undone) return StepResult::kProgress;
  }
  if (!open_.begun && purge_turn_) {
    SLUICE_ASSIGN_OR_RETURN(const bool purged, PurgeStep());
    purge_turn_ = read == StepResult::kIdle;
    if (purged) return StepResult::kProgress;
  }
  if (read == StepResult::kIdle) {
    if (!open_.begun) return StepResult::kIdle;
    SLUICE_RETURN_IF_ERROR(CommitOpen());
    return StepResult::kProgress;
  }
  const int64_t start = clock_.MonotonicNanos();
  SLUICE_ASSIGN_OR_RETURN(const size_t count, LoadablePrefix());
  if (count == 0) {
    SLUICE_RETURN_IF_ERROR(CommitOpen());
    return StepResult::kWaiting;
  }
  pipeline::BatchReport report;
  SLUICE_RETURN_IF_ERROR(LoadPrefix(count, report));
  done_ += count;
  if (open_.records >= options_.commit_records) SLUICE_RETURN_IF_ERROR(CommitOpen());
  if (observer_ != nullptr) {
    report.records_in = count;
    report.duration_nanos = clock_.MonotonicNanos() - start;
    observer_->OnBatch(report);
  }
  return StepResult::kProgress;
}

absl::StatusOr<size_t> LoadRunner::LoadablePrefix() {
  // Only here: a batch keeps the loaders that were prepared for it.
  loaders_.Trim();
  record::RecordHeader header;
  const ImportLoader* first = nullptr;
  std::string definition;
  std::string last_import;
  uint32_t last_part = 0;
  // Imports may take turns record by record: each is looked into once.
  std::vector<const ImportLoader*> seen;
  size_t count = 0;
  for (size_t i = done_; i < batch_.records.size(); ++i, ++count) {
    // A data record and a marker carry import and revision in the same fields.
    if (!record::ParseHeader(batch_.records[i].value, header)) {
      return absl::DataLossError(fmt::format("a record of {} is damaged", options_.topic));
    }
    if (first != nullptr && header.import_id == last_import && header.part == last_part) continue;
    SLUICE_ASSIGN_OR_RETURN(const ImportLoader* loader, loaders_.Find(header));
    if (loader == nullptr) break;
    last_import = header.import_id;
    last_part = header.part;
    if (std::find(seen.begin(), seen.end(), loader) != seen.end()) continue;
    seen.push_back(loader);
    if (first == nullptr) {
      first = loader;
      definition = ImportLoaders::DefinitionsOf(*loader);
    } else if (ImportLoaders::DefinitionsOf(*loader) != definition) {
      break;
    }
    if (loaders_.IsPrepared(*loader)) continue;
    SLUICE_RETURN_IF_ERROR(CommitOpen());
    SLUICE_RETURN_IF_ERROR(loaders_.Prepare(*loader));
  }
  return count;
}

absl::Status LoadRunner::LoadPrefix(size_t count, pipeline::BatchReport& report) {
  const bool whole = done_ + count == batch_.records.size();
  const uint64_t next_offset = whole ? batch_.next_offset : batch_.records[done_ + count].offset;
  if (!open_.begun) {
    SLUICE_RETURN_IF_ERROR(sink_->Begin());
    open_.begun = true;
  }
  const absl::Status loaded = LoadInTransaction(count, next_offset, report);
  if (!loaded.ok()) {
    SLUICE_RETURN_IF_ERROR(AbortOpen());
    return loaded;
  }
  open_.records += count;
  open_.position = std::max(open_.position, batch_.position);
  open_.offsets[batch_.partition] = next_offset;
  return absl::OkStatus();
}

absl::Status LoadRunner::LoadInTransaction(size_t count, uint64_t next_offset,
                                           pipeline::BatchReport& report) {
  results_.clear();
  quarantined_.Forget();
  const auto at = open_.offsets.find(batch_.partition);
  const uint64_t from = at == open_.offsets.end() ? fence_[batch_.partition] : at->second;
  const absl::Status moved = sink_->MoveFence(
      {options_.topic, batch_.partition, std::string(log_.id()), from}, next_offset);
  // Who was slow when its partitions went to another loader, or came back from one, looks again
  // where the sink stands, and for results that wait there.
  if (absl::IsAborted(moved)) generation_.reset();
  SLUICE_RETURN_IF_ERROR(moved);
  SLUICE_RETURN_IF_ERROR(ExpectPrefix(count));
  for (size_t i = 0; i < count; ++i) {
    SLUICE_RETURN_IF_ERROR(LoadRecord(batch_.records[done_ + i]));
  }
  return FinishResults(next_offset, report);
}

absl::Status LoadRunner::ExpectPrefix(size_t count) {
  if (!sink_->ExpectsBatches()) return absl::OkStatus();
  for (size_t i = 0; i < count; ++i) {
    const stream::Record& record = batch_.records[done_ + i];
    if (record.headers.kind == stream::RecordKind::kEndOfImport) continue;
    // A damaged one is reported when it is loaded.
    if (!record_.Parse(record.value)) continue;
    SLUICE_ASSIGN_OR_RETURN(ImportLoader * loader, loaders_.Find(record_.header));
    if (loader != nullptr) loader->Note(record_);
  }
  return loaders_.Announce();
}

absl::Status LoadRunner::AbortOpen() {
  sink_->Abort();
  totals_.clear();
  for (const auto& [partition, offset] : open_.offsets) {
    SLUICE_RETURN_IF_ERROR(source_->Seek(partition, fence_[partition]));
  }
  SLUICE_RETURN_IF_ERROR(source_->Seek(batch_.partition, fence_[batch_.partition]));
  batch_.Clear();
  done_ = 0;
  open_ = {};
  return absl::OkStatus();
}

absl::Status LoadRunner::CommitOpen() {
  if (!open_.begun) return absl::OkStatus();
  const absl::Status committed = CommitSink();
  if (!committed.ok()) {
    SLUICE_RETURN_IF_ERROR(AbortOpen());
    return committed;
  }
  undo_turn_ = true;
  purge_turn_ = true;
  for (const auto& [partition, offset] : open_.offsets) fence_[partition] = offset;
  published_.clear();
  const absl::Status published = Publish();
  open_ = {};
  publish_failed_ = !published.ok();
  return published;
}

absl::Status LoadRunner::LoadRecord(const stream::Record& record) {
  if (record.headers.kind == stream::RecordKind::kEndOfImport) {
    pipeline::recordpb::EndOfImport marker;
    if (!marker.ParseFromArray(record.value.data(), static_cast<int>(record.value.size()))) {
      return absl::DataLossError("an EndOfImport is damaged");
    }
    ResultFor(marker.import_id(), marker.round()).End();
    return absl::OkStatus();
  }
  if (!record_.Parse(record.value)) {
    return absl::DataLossError(fmt::format("a record of {} is damaged", options_.topic));
  }
  SLUICE_ASSIGN_OR_RETURN(ImportLoader * loader, loaders_.Find(record_.header));
  pipeline::ResultBuilder& result = ResultFor(record_.header.import_id, record_.header.round);
  result.SetPart(record_.header.part);
  const int before = result.result().rows_size();
  SLUICE_RETURN_IF_ERROR(loader->Load(record_, result));
  quarantined_.Note(record, record_.header.round, result.result(), before);
  return absl::OkStatus();
}

absl::Status LoadRunner::CommitSink() {
  // Nothing may be committed here that a power loss could still take from the log, neither the
  // records nor the results that are dropped below.
  SLUICE_RETURN_IF_ERROR(log_.WaitDurable(std::max(open_.position, published_position_)));
  for (const auto& [partition, offset] : published_) {
    SLUICE_RETURN_IF_ERROR(sink_->DropPending(options_.topic, partition, offset));
  }
  const absl::Status committed = sink_->Commit();
  if (committed.ok()) return committed;
  // The commit may have happened all the same; the fences tell.
  SLUICE_ASSIGN_OR_RETURN(const std::vector<Fence> fences, sink_->ReadFences(options_.topic));
  const bool done = std::all_of(open_.offsets.begin(), open_.offsets.end(), [&](const auto& sent) {
    return std::any_of(fences.begin(), fences.end(), [&](const Fence& fence) {
      return fence.partition == sent.first && fence.next_offset == sent.second;
    });
  });
  return done ? absl::OkStatus() : committed;
}

}  // namespace sluice::load
