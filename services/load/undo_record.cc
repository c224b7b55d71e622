#include "load/undo_record.h"

namespace sluice::load {

uint32_t UndoneRecorder::NumberOf(const std::string& name) {
  const auto found = numbers_.find(name);
  if (found != numbers_.end()) return found->second;
  const auto number = static_cast<uint32_t>(rows_.names_size());
  rows_.add_names(name);
  numbers_.emplace(name, number);
  return number;
}

void UndoneRecorder::Add(RowId id, const Undone& undone) {
  storagepb::UndoneRow& row = *rows_.add_rows();
  row.set_id(id);
  row.set_source_row(undone.source_row);
  row.set_removed(undone.removed);
  for (const JournalChange& change : undone.changes) {
    storagepb::JournalField& field = *row.mutable_fields()->add_fields();
    field.set_field(NumberOf(change.name));
    if (change.before.has_value()) field.set_before(*change.before);
    if (change.written.has_value()) field.set_written(*change.written);
  }
}

absl::StatusOr<std::vector<UndoneRow>> ReadUndone(const storagepb::UndoneRows& chunk) {
  std::vector<UndoneRow> rows;
  rows.reserve(static_cast<size_t>(chunk.rows_size()));
  for (const storagepb::UndoneRow& stored : chunk.rows()) {
    UndoneRow& row = rows.emplace_back();
    row.id = stored.id();
    row.undone.source_row = stored.source_row();
    row.undone.removed = stored.removed();
    for (const storagepb::JournalField& field : stored.fields().fields()) {
      if (field.field() >= static_cast<uint32_t>(chunk.names_size())) {
        return absl::DataLossError("what a rollback has taken back names no field");
      }
      JournalChange& change = row.undone.changes.emplace_back();
      change.name = chunk.names(static_cast<int>(field.field()));
      if (field.has_before()) change.before = field.before();
      if (field.has_written()) change.written = field.written();
    }
  }
  return rows;
}

}  // namespace sluice::load
