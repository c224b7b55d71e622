#include "load/rollback_job.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>

#include "common/base/status.h"
#include "common/pipeline/result_builder.h"

namespace sluice::load {
namespace {

bool IsReference(const planpb::Field& field) {
  return field.type() == planpb::FIELD_TYPE_REFERENCE && !field.reference().empty();
}

std::optional<RowId> IdOf(const std::optional<std::string>& value) {
  if (!value.has_value() || value->empty()) return std::nullopt;
  RowId id = 0;
  const auto read = std::from_chars(value->data(), value->data() + value->size(), id);
  if (read.ec != std::errc() || read.ptr != value->data() + value->size()) return std::nullopt;
  return id;
}

void CountConflict(recordpb::UndoTotals& totals, std::string_view code, int64_t by) {
  for (recordpb::IssueCount& count : *totals.mutable_conflicts()) {
    if (count.code() != code) continue;
    count.set_count(count.count() + by);
    return;
  }
  recordpb::IssueCount& count = *totals.add_conflicts();
  count.set_code(std::string(code));
  count.set_count(by);
}

void CountFate(recordpb::UndoTotals& totals, RowFate fate, int64_t by) {
  switch (fate) {
    case RowFate::kNothing:
      return;
    case RowFate::kRemoved:
      return totals.set_removed(totals.removed() + by);
    case RowFate::kRestored:
      return totals.set_restored(totals.restored() + by);
    case RowFate::kSuperseded:
      return totals.set_superseded(totals.superseded() + by);
    case RowFate::kPartly:
      return totals.set_partly(totals.partly() + by);
    case RowFate::kKept:
      return totals.set_kept(totals.kept() + by);
    case RowFate::kGone:
      return totals.set_gone(totals.gone() + by);
  }
}

UndoFilter FilterOf(const controlpb::UndoOrder& order) {
  UndoFilter filter;
  filter.rows.assign(order.rows().begin(), order.rows().end());
  std::sort(filter.rows.begin(), filter.rows.end());
  filter.added_only = order.added_only();
  filter.updated_only = order.updated_only();
  return filter;
}

}  // namespace

RollbackJob::RollbackJob(Sink& sink, std::vector<std::shared_ptr<const plan::CompiledPlan>> parts,
                         const controlpb::UndoOrder& order, size_t chunk_rows)
    : sink_(sink),
      parts_(std::move(parts)),
      order_(order),
      chunk_rows_(chunk_rows),
      filter_(FilterOf(order)),
      datasets_(sink, parts_) {}

absl::StatusOr<RollbackJob::Progress*> RollbackJob::ProgressOf(uint64_t import_sequence) {
  const auto [entry, added] = progress_.try_emplace(import_sequence);
  Progress& progress = entry->second;
  if (!added) return progress.number == 0 ? nullptr : &progress;
  for (uint32_t number = 1;; ++number) {
    SLUICE_ASSIGN_OR_RETURN(const std::string bytes, sink_.ReadUndo({import_sequence, number, 0}));
    if (bytes.empty()) break;
    progress.number = number;
    if (!progress.state.ParseFromString(bytes) ||
        !progress.totals.ParseFromString(progress.state.totals())) {
      return absl::DataLossError("the state of a rollback is damaged");
    }
  }
  return progress.number == 0 ? nullptr : &progress;
}

absl::StatusOr<RollbackJob::Progress*> RollbackJob::OwnProgress() {
  SLUICE_ASSIGN_OR_RETURN(Progress * progress, ProgressOf(sequence()));
  if (progress == nullptr || progress->number < order_.number()) {
    // Begun now; what earlier rollbacks have counted goes on.
    progress = &progress_[sequence()];
    progress->number = order_.number();
    progress->state.Clear();
    progress->state.set_import_id(parts_.front()->plan().import_id());
    progress->state.set_below(std::numeric_limits<RowId>::max());
    progress->totals.set_done(false);
    progress->totals.set_number(order_.number());
  }
  return progress;
}

absl::StatusOr<UndoChunk> RollbackJob::Step() {
  progress_.clear();
  recorders_.clear();
  targets_.clear();
  UndoChunk chunk;
  SLUICE_ASSIGN_OR_RETURN(Progress * progress, OwnProgress());
  if (progress->number > order_.number() || progress->state.done()) {
    chunk.done = true;
    return chunk;
  }
  if (progress->state.dataset() < datasets_.all().size()) {
    SLUICE_RETURN_IF_ERROR(UndoRows(datasets_.all()[progress->state.dataset()], *progress, chunk));
  }
  progress->changed = true;
  if (progress->state.dataset() == datasets_.all().size()) {
    progress->state.set_done(true);
    progress->totals.set_done(true);
    chunk.done = true;
  }
  SLUICE_RETURN_IF_ERROR(Finish(chunk));
  return chunk;
}

absl::Status RollbackJob::UndoRows(const UndoDataset& dataset, Progress& progress,
                                   UndoChunk& chunk) {
  std::vector<RowChain> chains;
  SLUICE_RETURN_IF_ERROR(
      sink_.ReadChains(dataset.dataset, sequence(), progress.state.below(), chunk_rows_, chains));
  chunk.rows = chains.size();
  if (chains.size() < chunk_rows_) {
    progress.state.set_dataset(progress.state.dataset() + 1);
    progress.state.set_below(std::numeric_limits<RowId>::max());
  } else {
    progress.state.set_below(chains.back().id);
  }
  std::vector<Work> works(chains.size());
  for (size_t i = 0; i < chains.size(); ++i) {
    Work& work = works[i];
    work.chain = std::move(chains[i]);
    SLUICE_ASSIGN_OR_RETURN(work.row, sink_.ReadRow(dataset.dataset, work.chain.id));
    work.undo = std::make_unique<RowUndo>(dataset.dataset, work.chain, work.row);
    work.undo->UndoChanges(sequence(), filter_);
  }
  if (sink_.ExpectsBatches()) {
    std::vector<const SinkRow*> restored;
    for (const Work& work : works) {
      if (!work.undo->restored().empty()) restored.push_back(&*work.row);
    }
    SLUICE_RETURN_IF_ERROR(ExpectKeys(sink_, dataset.dataset, restored));
  }
  for (Work& work : works) SLUICE_RETURN_IF_ERROR(UndoRow(dataset, work, progress));
  return TryWaiting();
}

absl::Status RollbackJob::UndoRow(const UndoDataset& dataset, Work& work, Progress& progress) {
  RowUndo& undo = *work.undo;
  if (!undo.restored().empty()) {
    SLUICE_ASSIGN_OR_RETURN(const RowId holder,
                            FindKeyHolder(dataset, work.chain.id, undo.before(), *work.row));
    if (holder != 0) undo.RefuseRestored();
  }
  SLUICE_ASSIGN_OR_RETURN(const bool waited, Waits(work.chain));
  if (waited || undo.CreationIsDue(sequence(), filter_)) {
    bool referred = false;
    if (!undo.HasLiveAbove() && work.row.has_value()) {
      SLUICE_ASSIGN_OR_RETURN(referred, sink_.IsReferred(dataset.dataset, work.chain.id));
    }
    undo.UndoCreation(referred);
  }
  Keep(dataset, undo.kept(), progress);
  CountFate(progress.totals, undo.fate(), 1);
  for (const Undone& undone : undo.undone()) {
    RecorderOf(sequence(), dataset).Add(work.chain.id, undone);
  }
  SLUICE_RETURN_IF_ERROR(ReportCreation(dataset, work, waited));
  NoteTargets(dataset, work);
  return Write(dataset, work);
}

absl::Status RollbackJob::ReportCreation(const UndoDataset& dataset, const Work& work,
                                         bool waited) {
  const RowUndo& undo = *work.undo;
  if (!undo.creator().has_value()) return absl::OkStatus();
  const bool own = undo.creator() == sequence();
  const bool waits = undo.creation_kept() && work.chain.entries.front().kind == EntryKind::kPending;
  // Nothing new of one that goes on waiting.
  if (waits && waited) {
    if (own) CountFate(progress_[sequence()].totals, RowFate::kKept, -1);
    return absl::OkStatus();
  }
  SLUICE_ASSIGN_OR_RETURN(Progress * progress, ProgressOf(*undo.creator()));
  if (progress == nullptr) return absl::DataLossError("a row waits for no rollback");
  progress->changed = true;
  if (waited) CountFate(progress->totals, RowFate::kKept, -1);
  if (!own) {
    CountFate(progress->totals,
              undo.creation_kept()   ? RowFate::kKept
              : work.row.has_value() ? RowFate::kRemoved
                                     : RowFate::kGone,
              1);
  }
  Keep(dataset, undo.creation_kept_values(), *progress);
  if (undo.creation_undone().has_value()) {
    RecorderOf(*undo.creator(), dataset).Add(work.chain.id, *undo.creation_undone());
  }
  return absl::OkStatus();
}

void RollbackJob::Keep(const UndoDataset& dataset, const std::vector<KeptValue>& values,
                       Progress& progress) {
  for (const KeptValue& value : values) {
    CountConflict(progress.totals, value.code, 1);
    recordpb::Issue& issue = progress.issues.emplace_back();
    issue.set_row(value.source_row);
    issue.set_code(std::string(value.code));
    issue.set_field(value.name);
    issue.set_before(value.before.value_or(""));
    issue.set_after(value.written.value_or(""));
    issue.set_now(value.now.value_or(""));
    issue.set_part(dataset.part);
  }
}

UndoneRecorder& RollbackJob::RecorderOf(uint64_t import_sequence, const UndoDataset& dataset) {
  return recorders_.try_emplace({import_sequence, &dataset}, dataset.dataset.dataset.name())
      .first->second;
}

void RollbackJob::NoteTargets(const UndoDataset& dataset, const Work& work) {
  const auto& fields = dataset.dataset.dataset.fields();
  for (int i = 0; i < fields.size(); ++i) {
    if (!IsReference(fields[i])) continue;
    const auto at = static_cast<size_t>(i);
    const UndoDataset* const meant = datasets_.Find(fields[i].reference());
    const auto note = [&](const std::optional<RowId>& target) {
      if (target.has_value() && meant != nullptr) targets_.emplace_back(meant, *target);
    };
    const auto& before = work.undo->before();
    if (before.has_value() && before->fields[at] != work.row->fields[at]) {
      note(IdOf(before->fields[at]));
    }
    // Also what it has only just got back.
    if (work.undo->removed() && work.row.has_value()) note(IdOf(work.row->fields[at]));
  }
}

absl::StatusOr<bool> RollbackJob::Waits(const RowChain& chain) {
  if (chain.entries.empty() || chain.entries.front().kind != EntryKind::kPending) return false;
  SLUICE_ASSIGN_OR_RETURN(const Progress* progress,
                          ProgressOf(chain.entries.front().import_sequence));
  return progress != nullptr;
}

absl::Status RollbackJob::TryWaiting() {
  while (!targets_.empty()) {
    const auto [dataset, id] = targets_.back();
    targets_.pop_back();
    Work work;
    SLUICE_ASSIGN_OR_RETURN(work.chain, sink_.ReadChain(dataset->dataset, id));
    SLUICE_ASSIGN_OR_RETURN(const bool waits, Waits(work.chain));
    if (!waits) continue;
    SLUICE_ASSIGN_OR_RETURN(work.row, sink_.ReadRow(dataset->dataset, id));
    work.undo = std::make_unique<RowUndo>(dataset->dataset, work.chain, work.row);
    if (work.undo->HasLiveAbove()) continue;
    // One that is gone is held by nobody.
    if (work.row.has_value()) {
      SLUICE_ASSIGN_OR_RETURN(const bool referred, sink_.IsReferred(dataset->dataset, id));
      if (referred) continue;
    }
    work.undo->UndoCreation(false);
    SLUICE_ASSIGN_OR_RETURN(Progress * progress,
                            ProgressOf(work.chain.entries.front().import_sequence));
    if (progress == nullptr) return absl::DataLossError("a row waits for no rollback");
    progress->changed = true;
    CountFate(progress->totals, RowFate::kKept, -1);
    CountFate(progress->totals,
              work.undo->creation_kept() ? RowFate::kKept
              : work.row.has_value()     ? RowFate::kRemoved
                                         : RowFate::kGone,
              1);
    Keep(*dataset, work.undo->creation_kept_values(), *progress);
    if (work.undo->creation_undone().has_value()) {
      RecorderOf(*work.undo->creator(), *dataset).Add(id, *work.undo->creation_undone());
    }
    NoteTargets(*dataset, work);
    SLUICE_RETURN_IF_ERROR(Write(*dataset, work));
  }
  return absl::OkStatus();
}

absl::Status RollbackJob::Write(const UndoDataset& dataset, Work& work) {
  const RowUndo& undo = *work.undo;
  if (undo.removed()) return sink_.Remove(dataset.dataset, work.chain.id);
  const ChangedRow& change = undo.change();
  if (!change.fields.empty() || change.custom.has_value()) {
    SLUICE_RETURN_IF_ERROR(sink_.Update(dataset.dataset, change, *work.row));
  } else if (!undo.written().empty() || !undo.dropped().empty()) {
    SLUICE_RETURN_IF_ERROR(sink_.Touch(dataset.dataset, work.chain.id));
  }
  for (const JournalEntry& entry : work.chain.entries) {
    if (undo.dropped().contains(entry.number)) {
      SLUICE_RETURN_IF_ERROR(sink_.RemoveEntry(dataset.dataset, work.chain.id, entry.number));
    } else if (undo.written().contains(entry.number)) {
      SLUICE_RETURN_IF_ERROR(sink_.WriteEntry(dataset.dataset, work.chain.id, entry));
    }
  }
  return absl::OkStatus();
}

absl::Status RollbackJob::Finish(UndoChunk& chunk) {
  for (const auto& [key, recorder] : recorders_) {
    if (recorder.empty()) continue;
    Progress& progress = progress_[key.first];
    progress.state.set_chunks(progress.state.chunks() + 1);
    SLUICE_RETURN_IF_ERROR(
        sink_.WriteUndo({key.first, progress.number, progress.state.chunks()}, recorder.Finish()));
  }
  for (auto& [import_sequence, progress] : progress_) {
    if (!progress.changed) continue;
    progress.totals.set_position(progress.totals.position() + 1);
    progress.state.set_totals(progress.totals.SerializeAsString());
    SLUICE_RETURN_IF_ERROR(
        sink_.WriteUndo({import_sequence, progress.number, 0}, progress.state.SerializeAsString()));
    recordpb::StageResult& result = chunk.results.emplace_back();
    result.set_import_id(progress.state.import_id());
    result.set_stage(recordpb::STAGE_LOAD);
    result.set_position(progress.totals.position());
    *result.mutable_undo() = progress.totals;
    for (recordpb::Issue& issue : progress.issues) *result.add_issues() = std::move(issue);
  }
  return absl::OkStatus();
}

}  // namespace sluice::load
