#include "load/redo_job.h"

#include <algorithm>
#include <charconv>
#include <map>

#include "common/base/status.h"

namespace sluice::load {
namespace {

// Rollbacks of the redo itself are numbered from 1.
constexpr uint32_t kRedoNumber = 0;
// Another row has the id.
constexpr std::string_view kIdTaken = "id_taken";
constexpr std::string_view kCustomPrefix = "custom.";

int FieldIndex(const planpb::Dataset& dataset, std::string_view name) {
  for (int i = 0; i < dataset.fields_size(); ++i) {
    if (dataset.fields(i).name() == name) return i;
  }
  return FieldWrite::kCustomField;
}

// The row that a reference means.
RowId TargetId(std::string_view value) {
  RowId id = 0;
  std::from_chars(value.data(), value.data() + value.size(), id);
  return id;
}

// The row as it was before it was removed.
SinkRow RowOf(const SinkDataset& dataset, const UndoneRow& undone, CustomFields& custom) {
  SinkRow row;
  row.id = undone.id;
  row.fields.resize(static_cast<size_t>(dataset.dataset.fields_size()));
  for (const JournalChange& change : undone.undone.changes) {
    const int field = FieldIndex(dataset.dataset, change.name);
    if (field != FieldWrite::kCustomField) {
      row.fields[static_cast<size_t>(field)] = change.written;
    } else if (change.written.has_value() && change.name.starts_with(kCustomPrefix)) {
      custom[change.name.substr(kCustomPrefix.size())] = *change.written;
    }
  }
  row.custom = RenderCustom(custom);
  return row;
}

bool Equal(const SinkRow& a, const SinkRow& b) {
  const auto text = [](const std::optional<std::string>& value) { return value.value_or(""); };
  return a.custom == b.custom && a.fields.size() == b.fields.size() &&
         std::equal(a.fields.begin(), a.fields.end(), b.fields.begin(),
                    [&](const auto& x, const auto& y) { return text(x) == text(y); });
}

}  // namespace

RedoJob::RedoJob(Sink& sink, std::vector<std::shared_ptr<const plan::CompiledPlan>> parts,
                 const controlpb::RedoOrder& order, uint32_t partitions)
    : sink_(sink),
      parts_(std::move(parts)),
      order_(order),
      partitions_(partitions),
      datasets_(sink, parts_) {}

absl::StatusOr<storagepb::UndoState> RedoJob::ReadState() {
  storagepb::UndoState state;
  SLUICE_ASSIGN_OR_RETURN(const std::string bytes, sink_.ReadUndo({sequence(), kRedoNumber, 0}));
  if (!state.ParseFromString(bytes)) {
    return absl::DataLossError("the state of a redo is damaged");
  }
  if (!bytes.empty()) return state;
  state.set_import_id(parts_.front()->plan().import_id());
  state.set_number(order_.number_max() + 1);
  return state;
}

absl::StatusOr<std::string> RedoJob::NextChunk(storagepb::UndoState& state) {
  while (state.chunks() == 0) {
    if (state.number() <= 1) return std::string();
    state.set_number(state.number() - 1);
    SLUICE_ASSIGN_OR_RETURN(const std::string bytes,
                            sink_.ReadUndo({order_.sequence(), state.number(), 0}));
    storagepb::UndoState undone;
    if (!undone.ParseFromString(bytes)) {
      return absl::DataLossError("the state of a rollback is damaged");
    }
    state.set_chunks(undone.chunks());
  }
  const UndoKey key{order_.sequence(), state.number(), state.chunks()};
  state.set_chunks(state.chunks() - 1);
  SLUICE_ASSIGN_OR_RETURN(std::string chunk, sink_.ReadUndo(key));
  if (chunk.empty()) return absl::DataLossError("what a rollback has taken back is missing");
  return chunk;
}

absl::StatusOr<UndoChunk> RedoJob::Step() {
  UndoChunk chunk;
  SLUICE_ASSIGN_OR_RETURN(storagepb::UndoState state, ReadState());
  if (state.done()) {
    chunk.done = true;
    return chunk;
  }
  SLUICE_ASSIGN_OR_RETURN(const std::string bytes, NextChunk(state));
  pipeline::ResultBuilder result(state.import_id(), 0, recordpb::STAGE_LOAD, 0);
  if (!bytes.empty()) {
    storagepb::UndoneRows rows;
    if (!rows.ParseFromString(bytes)) {
      return absl::DataLossError("what a rollback has taken back is damaged");
    }
    chunk.rows = static_cast<size_t>(rows.rows_size());
    SLUICE_RETURN_IF_ERROR(RedoRows(rows, result));
  }
  chunk.done = bytes.empty();
  SLUICE_RETURN_IF_ERROR(Finish(state, result, chunk.done, chunk));
  return chunk;
}

absl::Status RedoJob::RedoRows(const storagepb::UndoneRows& rows, pipeline::ResultBuilder& result) {
  const UndoDataset* const dataset = datasets_.Find(rows.dataset());
  if (dataset == nullptr) return absl::DataLossError("a redo knows no such dataset");
  result.SetPart(dataset->part);
  SLUICE_ASSIGN_OR_RETURN(const std::vector<UndoneRow> undone, ReadUndone(rows));
  if (sink_.ExpectsBatches()) SLUICE_RETURN_IF_ERROR(ExpectRows(*dataset, undone));
  for (auto row = undone.rbegin(); row != undone.rend(); ++row) {
    SLUICE_RETURN_IF_ERROR(row->undone.removed ? Create(*dataset, *row, result)
                                               : Change(*dataset, *row, result));
  }
  return absl::OkStatus();
}

absl::Status RedoJob::ExpectRows(const UndoDataset& dataset, const std::vector<UndoneRow>& undone) {
  std::vector<RowId> ids;
  for (const UndoneRow& row : undone) ids.push_back(row.id);
  SLUICE_RETURN_IF_ERROR(sink_.Expect(dataset.dataset, {}, ids));
  std::vector<SinkRow> becomes;
  std::map<const UndoDataset*, std::vector<RowId>> meant;
  for (const UndoneRow& row : undone) {
    CustomFields custom;
    if (row.undone.removed) {
      const SinkRow& created = becomes.emplace_back(RowOf(dataset.dataset, row, custom));
      for (const auto& [target, id] : TargetsOf(dataset, created)) meant[target].push_back(id);
      continue;
    }
    SLUICE_ASSIGN_OR_RETURN(auto changed, sink_.ReadRow(dataset.dataset, row.id));
    if (!changed.has_value()) continue;
    for (const JournalChange& change : row.undone.changes) {
      const int field = FieldIndex(dataset.dataset.dataset, change.name);
      if (field == FieldWrite::kCustomField) continue;
      changed->fields[static_cast<size_t>(field)] = change.written;
    }
    becomes.push_back(*std::move(changed));
  }
  for (const auto& [target, rows] : meant) {
    SLUICE_RETURN_IF_ERROR(sink_.Expect(target->dataset, {}, rows));
  }
  std::vector<const SinkRow*> rows;
  for (const SinkRow& row : becomes) rows.push_back(&row);
  return ExpectKeys(sink_, dataset.dataset, rows);
}

std::vector<std::pair<const UndoDataset*, RowId>> RedoJob::TargetsOf(const UndoDataset& dataset,
                                                                     const SinkRow& row) const {
  std::vector<std::pair<const UndoDataset*, RowId>> targets;
  const auto& fields = dataset.dataset.dataset.fields();
  for (int i = 0; i < fields.size(); ++i) {
    const auto& value = row.fields[static_cast<size_t>(i)];
    if (fields[i].type() != planpb::FIELD_TYPE_REFERENCE || !value.has_value()) continue;
    const UndoDataset* const target = datasets_.Find(fields[i].reference());
    if (target != nullptr) targets.emplace_back(target, TargetId(*value));
  }
  return targets;
}

void RedoJob::Skip(const UndoneRow& row, std::string_view code, pipeline::ResultBuilder& result) {
  result.AddRow(recordpb::OUTCOME_SKIPPED, row.undone.source_row, 0, code);
}

absl::Status RedoJob::CheckReferences(const UndoDataset& dataset, const Undone& undone,
                                      SinkRow& row, pipeline::ResultBuilder& result) {
  const auto& fields = dataset.dataset.dataset.fields();
  for (int i = 0; i < fields.size(); ++i) {
    auto& value = row.fields[static_cast<size_t>(i)];
    if (fields[i].type() != planpb::FIELD_TYPE_REFERENCE || !value.has_value()) continue;
    const UndoDataset* const target = datasets_.Find(fields[i].reference());
    const RowId id = TargetId(*value);
    // To itself, or to what another import knows of.
    if (target == nullptr || id == row.id) continue;
    SLUICE_ASSIGN_OR_RETURN(const auto meant, sink_.ReadRow(target->dataset, id));
    if (meant.has_value()) continue;
    result.AddIssue(undone.source_row, undo_code::kRowGone, fields[i].name(), *value, "");
    value.reset();
  }
  return absl::OkStatus();
}

absl::Status RedoJob::Create(const UndoDataset& dataset, const UndoneRow& undone,
                             pipeline::ResultBuilder& result) {
  CustomFields custom;
  SinkRow row = RowOf(dataset.dataset, undone, custom);
  SLUICE_ASSIGN_OR_RETURN(const auto present, sink_.ReadRow(dataset.dataset, undone.id));
  if (present.has_value()) {
    if (Equal(*present, row)) {
      result.Count(recordpb::OUTCOME_UNCHANGED);
    } else {
      Skip(undone, kIdTaken, result);
    }
    return absl::OkStatus();
  }
  SLUICE_ASSIGN_OR_RETURN(const RowId holder, FindKeyHolder(dataset, 0, std::nullopt, row));
  if (holder != 0) {
    Skip(undone, undo_code::kKeyTaken, result);
    return absl::OkStatus();
  }
  SLUICE_RETURN_IF_ERROR(CheckReferences(dataset, undone.undone, row, result));
  std::vector<std::string_view> fields;
  for (const auto& value : row.fields) {
    fields.push_back(value.has_value() ? std::string_view(*value) : std::string_view());
  }
  std::vector<CustomToken> tokens;
  for (const auto& [name, token] : custom) tokens.push_back({name, token});
  NewRow added;
  added.id = undone.id;
  added.source_row = undone.undone.source_row;
  added.fields = fields;
  added.custom = tokens;
  added.custom_json = row.custom;
  SLUICE_ASSIGN_OR_RETURN(const RowId id, sink_.Insert(dataset.dataset, added, sequence()));
  if (id != undone.id) return absl::AbortedError("a row came in while a redo was at work");
  result.Count(recordpb::OUTCOME_ADDED);
  return absl::OkStatus();
}

absl::Status RedoJob::Change(const UndoDataset& dataset, const UndoneRow& undone,
                             pipeline::ResultBuilder& result) {
  SLUICE_ASSIGN_OR_RETURN(auto row, sink_.ReadRow(dataset.dataset, undone.id));
  if (!row.has_value()) {
    Skip(undone, undo_code::kRowGone, result);
    return absl::OkStatus();
  }
  CustomFields custom;
  const bool readable = ParseCustom(row->custom, custom);
  std::vector<FieldWrite> writes;
  SinkRow after = *row;
  size_t held = 0;
  size_t kept = 0;
  for (const JournalChange& change : undone.undone.changes) {
    FieldWrite write;
    write.field = FieldIndex(dataset.dataset.dataset, change.name);
    write.name = change.name;
    write.value = change.written;
    const auto now = CurrentValue(write, *row, custom);
    if (now == change.written) {
      ++held;
    } else if (now != change.before || (write.field == FieldWrite::kCustomField && !readable)) {
      ++kept;
      result.AddIssue(undone.undone.source_row, undo_code::kChangedSince, change.name,
                      now.value_or(""), change.written.value_or(""));
    } else {
      if (write.field != FieldWrite::kCustomField) {
        after.fields[static_cast<size_t>(write.field)] = change.written;
      }
      writes.push_back(std::move(write));
    }
  }
  if (!writes.empty()) {
    SLUICE_ASSIGN_OR_RETURN(const RowId holder, FindKeyHolder(dataset, undone.id, *row, after));
    if (holder != 0) {
      Skip(undone, undo_code::kKeyTaken, result);
      return absl::OkStatus();
    }
    SLUICE_ASSIGN_OR_RETURN(const recordpb::Outcome outcome,
                            RowWriter(sink_).Write(dataset.dataset, sequence(),
                                                   undone.undone.source_row, writes, *row, custom));
    // A part of a row that this redo has created counts with it.
    result.Count(outcome == recordpb::OUTCOME_ADDED ? recordpb::OUTCOME_UNCHANGED : outcome);
  } else if (held > 0 || kept == 0) {
    result.Count(recordpb::OUTCOME_UNCHANGED);
  } else {
    Skip(undone, undo_code::kChangedSince, result);
  }
  return absl::OkStatus();
}

absl::Status RedoJob::Finish(storagepb::UndoState& state, pipeline::ResultBuilder& built,
                             bool ended, UndoChunk& chunk) {
  recordpb::StageResult totals;
  if (!totals.ParseFromString(state.totals())) {
    return absl::DataLossError("the counts of a redo are damaged");
  }
  built.AddCountsTo(totals);
  int64_t rows = 0;
  for (const recordpb::OutcomeCount& count : totals.outcomes()) rows += count.count();
  totals.set_import_id(state.import_id());
  totals.set_stage(recordpb::STAGE_LOAD);
  totals.set_position(totals.position() + 1);
  totals.set_ended(ended);
  state.set_totals(totals.SerializeAsString());
  state.set_done(ended);
  SLUICE_RETURN_IF_ERROR(sink_.WriteUndo({sequence(), kRedoNumber, 0}, state.SerializeAsString()));
  recordpb::StageResult read;
  read.set_import_id(state.import_id());
  read.set_stage(recordpb::STAGE_INGEST);
  read.set_rows_read(static_cast<uint64_t>(rows));
  if (!ended) {
    chunk.results.push_back(std::move(read));
  }
  totals.mutable_rows()->Swap(built.result().mutable_rows());
  totals.mutable_issues()->Swap(built.result().mutable_issues());
  chunk.results.push_back(totals);
  if (!ended) return absl::OkStatus();
  // The other stages have nothing to do; all say so on every partition.
  for (uint32_t partition = 0; partition < partitions_; ++partition) {
    for (const recordpb::Stage stage : {recordpb::STAGE_INGEST, recordpb::STAGE_CLEAN,
                                        recordpb::STAGE_MAP, recordpb::STAGE_LOAD}) {
      if (stage == recordpb::STAGE_LOAD && partition == 0) continue;
      recordpb::StageResult& result = chunk.results.emplace_back();
      result.set_import_id(state.import_id());
      result.set_stage(stage);
      result.set_partition(partition);
      result.set_ended(true);
      if (stage == recordpb::STAGE_LOAD) result.set_position(1);
      if (stage != recordpb::STAGE_INGEST) continue;
      result.set_rows_read(static_cast<uint64_t>(rows));
      if (partition == 0) result.set_rows_sent(static_cast<uint64_t>(rows));
    }
  }
  return absl::OkStatus();
}

}  // namespace sluice::load
