#include "load/row_writer.h"

#include <algorithm>

#include "common/base/status.h"

namespace sluice::load {
namespace {

constexpr std::string_view kCustomPrefix = "custom.";

JournalChange* FindChange(JournalEntry& entry, std::string_view name) {
  for (JournalChange& change : entry.changes) {
    if (change.name == name) return &change;
  }
  return nullptr;
}

bool MayExtend(JournalEntry& entry, uint64_t import_sequence, const std::vector<FieldWrite>& writes,
               const SinkRow& row, const CustomFields& custom) {
  if (entry.import_sequence != import_sequence) return false;
  // What a rollback has left behind is not gone on with.
  if (entry.kind == EntryKind::kPending || entry.kind == EntryKind::kKept) return false;
  return std::all_of(writes.begin(), writes.end(), [&](const FieldWrite& write) {
    const JournalChange* change = FindChange(entry, write.name);
    return change == nullptr ||
           (!change->wall && change->written == CurrentValue(write, row, custom));
  });
}

void AddWrite(const FieldWrite& write, const SinkRow& row, const CustomFields& custom,
              JournalEntry& entry) {
  if (JournalChange* change = FindChange(entry, write.name); change != nullptr) {
    change->written = write.value;
    if (entry.kind == EntryKind::kChanged && change->before == change->written) {
      std::erase_if(entry.changes,
                    [&](const JournalChange& other) { return other.name == write.name; });
    }
    return;
  }
  entry.changes.push_back({write.name, CurrentValue(write, row, custom), write.value});
}

}  // namespace

std::optional<std::string> CurrentValue(const FieldWrite& write, const SinkRow& row,
                                        const CustomFields& custom) {
  if (write.field != FieldWrite::kCustomField) return row.fields[write.field];
  const auto found = custom.find(std::string_view(write.name).substr(kCustomPrefix.size()));
  if (found == custom.end()) return std::nullopt;
  return found->second;
}

absl::StatusOr<recordpb::Outcome> RowWriter::Write(const SinkDataset& dataset,
                                                   uint64_t import_sequence, uint64_t source_row,
                                                   const std::vector<FieldWrite>& writes,
                                                   SinkRow& row, CustomFields& custom) {
  SLUICE_ASSIGN_OR_RETURN(auto newest, sink_.ReadEntry(dataset, row.id, UINT32_MAX));
  JournalEntry entry;
  const bool extend =
      newest.has_value() && MayExtend(*newest, import_sequence, writes, row, custom);
  if (extend) {
    entry = std::move(*newest);
  } else {
    entry.number = newest.has_value() ? newest->number + 1 : 1;
    entry.import_sequence = import_sequence;
    entry.kind = EntryKind::kChanged;
    entry.source_row = source_row;
  }
  ChangedRow changed;
  changed.id = row.id;
  bool custom_changed = false;
  for (const FieldWrite& write : writes) {
    AddWrite(write, row, custom, entry);
    if (write.field == FieldWrite::kCustomField) {
      const std::string key = write.name.substr(kCustomPrefix.size());
      if (write.value.has_value()) {
        custom[key] = *write.value;
      } else {
        custom.erase(key);
      }
      custom_changed = true;
    } else {
      row.fields[write.field] = write.value;
      changed.fields.push_back({static_cast<uint32_t>(write.field), write.value});
    }
  }
  if (custom_changed) {
    row.custom = RenderCustom(custom);
    changed.custom = row.custom;
  }
  SLUICE_RETURN_IF_ERROR(sink_.Update(dataset, changed, row));
  if (entry.kind == EntryKind::kCreated) {
    SLUICE_RETURN_IF_ERROR(sink_.WriteEntry(dataset, row.id, entry));
    return recordpb::OUTCOME_ADDED;
  }
  if (!entry.changes.empty()) {
    SLUICE_RETURN_IF_ERROR(sink_.WriteEntry(dataset, row.id, entry));
    return recordpb::OUTCOME_UPDATED;
  }
  SLUICE_RETURN_IF_ERROR(sink_.RemoveEntry(dataset, row.id, entry.number));
  SLUICE_ASSIGN_OR_RETURN(const bool earlier,
                          sink_.HasEarlierEntry(dataset, row.id, import_sequence, entry.number));
  return earlier ? recordpb::OUTCOME_UPDATED : recordpb::OUTCOME_UNCHANGED;
}

}  // namespace sluice::load
