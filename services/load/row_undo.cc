#include "load/row_undo.h"

#include <algorithm>

namespace sluice::load {
namespace {

constexpr std::string_view kCustomPrefix = "custom.";

bool Same(const std::optional<std::string>& a, const std::optional<std::string>& b) {
  return a.value_or(std::string()) == b.value_or(std::string());
}

bool IsLive(const JournalEntry& entry) {
  return std::any_of(entry.changes.begin(), entry.changes.end(),
                     [](const JournalChange& change) { return !change.wall; });
}

JournalChange* Find(JournalEntry& entry, std::string_view name) {
  const auto found = std::find_if(entry.changes.begin(), entry.changes.end(),
                                  [&](const JournalChange& c) { return c.name == name; });
  return found == entry.changes.end() ? nullptr : &*found;
}

}  // namespace

bool UndoFilter::Takes(const JournalEntry& entry) const {
  const bool creates = entry.kind != EntryKind::kChanged;
  if ((added_only && !creates) || (updated_only && creates)) return false;
  return rows.empty() || std::binary_search(rows.begin(), rows.end(), entry.source_row);
}

RowUndo::RowUndo(const SinkDataset& dataset, RowChain& chain, std::optional<SinkRow>& row)
    : dataset_(dataset), chain_(chain), row_(row) {
  change_.id = chain.id;
}

int RowUndo::FieldIndex(std::string_view name) const {
  for (int i = 0; i < dataset_.dataset.fields_size(); ++i) {
    if (dataset_.dataset.fields(i).name() == name) return i;
  }
  return FieldWrite::kCustomField;
}

CustomFields& RowUndo::custom() {
  if (!custom_.has_value()) {
    custom_.emplace();
    custom_readable_ = ParseCustom(row_->custom, *custom_);
  }
  return *custom_;
}

std::optional<std::string> RowUndo::ValueOf(std::string_view name) {
  if (const int field = FieldIndex(name); field != FieldWrite::kCustomField) {
    return row_->fields[static_cast<size_t>(field)];
  }
  const CustomFields& fields = custom();
  const auto found = fields.find(name.substr(std::min(kCustomPrefix.size(), name.size())));
  return found == fields.end() ? std::nullopt : std::optional<std::string>(found->second);
}

void RowUndo::SetValue(std::string_view name, const std::optional<std::string>& value) {
  if (const int field = FieldIndex(name); field != FieldWrite::kCustomField) {
    row_->fields[static_cast<size_t>(field)] = value;
    return;
  }
  const std::string key(name.substr(kCustomPrefix.size()));
  if (value.has_value()) {
    custom()[key] = *value;
  } else {
    custom().erase(key);
  }
  row_->custom = RenderCustom(custom());
}

std::optional<size_t> RowUndo::NearestAbove(size_t entry, std::string_view name) const {
  for (size_t above = entry + 1; above < chain_.entries.size(); ++above) {
    if (Find(chain_.entries[above], name) != nullptr) return above;
  }
  return std::nullopt;
}

void RowUndo::Drop(size_t entry, std::string_view name) {
  JournalEntry& from = chain_.entries[entry];
  std::erase_if(from.changes, [&](const JournalChange& change) { return change.name == name; });
  if (from.changes.empty()) {
    dropped_.insert(from.number);
    written_.erase(from.number);
  } else {
    written_.insert(from.number);
  }
}

void RowUndo::LeaveWall(size_t entry, std::string_view name, std::string_view code) {
  JournalEntry& from = chain_.entries[entry];
  JournalChange& change = *Find(from, name);
  change.wall = true;
  written_.insert(from.number);
  kept_.push_back({code, from.source_row, change.name, change.before, change.written,
                   row_.has_value() ? ValueOf(name) : std::nullopt});
}

void RowUndo::UndoField(size_t entry, const JournalChange& change) {
  const auto above = NearestAbove(entry, change.name);
  if (above.has_value()) {
    JournalEntry& next = chain_.entries[*above];
    JournalChange& theirs = *Find(next, change.name);
    if (theirs.wall || theirs.before != change.written) {
      return LeaveWall(entry, change.name, undo_code::kChangedSince);
    }
    theirs.before = change.before;
    written_.insert(next.number);
    handed_on_ = true;
    if (theirs.before == theirs.written) Drop(*above, change.name);
    return Drop(entry, change.name);
  }
  if (!row_.has_value()) return LeaveWall(entry, change.name, undo_code::kRowGone);
  const int field = FieldIndex(change.name);
  const bool holds = ValueOf(change.name) == change.written;
  if (!holds || (field == FieldWrite::kCustomField && !custom_readable_)) {
    return LeaveWall(entry, change.name, undo_code::kChangedSince);
  }
  if (!before_.has_value()) before_ = row_;
  SetValue(change.name, change.before);
  if (field != FieldWrite::kCustomField) restored_.push_back(static_cast<uint32_t>(field));
  restores_.push_back({entry, change});
  undone_.back().changes.push_back(change);
  Drop(entry, change.name);
}

void RowUndo::UndoChanges(uint64_t import_sequence, const UndoFilter& filter) {
  import_sequence_ = import_sequence;
  for (size_t i = chain_.entries.size(); i-- > 0;) {
    if (chain_.entries[i].import_sequence != import_sequence ||
        chain_.entries[i].kind != EntryKind::kChanged || !filter.Takes(chain_.entries[i])) {
      continue;
    }
    // Copied: undoing takes them out of the entry.
    const std::vector<JournalChange> changes = chain_.entries[i].changes;
    undone_.push_back({chain_.entries[i].source_row, false, {}});
    for (const JournalChange& change : changes) {
      if (change.wall) continue;
      tried_ = true;
      UndoField(i, change);
    }
    if (undone_.back().changes.empty()) undone_.pop_back();
  }
  if (restores_.empty()) return;
  std::sort(restored_.begin(), restored_.end());
  restored_.erase(std::unique(restored_.begin(), restored_.end()), restored_.end());
  for (const uint32_t field : restored_) {
    change_.fields.push_back({field, row_->fields[field]});
  }
  if (row_->custom != before_->custom) change_.custom = row_->custom;
}

void RowUndo::RefuseRestored() {
  if (restores_.empty()) return;
  row_ = std::move(before_);
  before_.reset();
  custom_.reset();
  change_.fields.clear();
  change_.custom.reset();
  restored_.clear();
  undone_.clear();
  for (const Restored& restored : restores_) {
    JournalEntry& entry = chain_.entries[restored.entry];
    entry.changes.push_back(restored.change);
    dropped_.erase(entry.number);
    LeaveWall(restored.entry, restored.change.name, undo_code::kKeyTaken);
  }
  restores_.clear();
}

bool RowUndo::HasLiveAbove() const {
  for (size_t i = 1; i < chain_.entries.size(); ++i) {
    if (IsLive(chain_.entries[i])) return true;
  }
  return false;
}

bool RowUndo::CreationIsDue(uint64_t import_sequence, const UndoFilter& filter) const {
  if (chain_.entries.empty()) return false;
  const JournalEntry& first = chain_.entries.front();
  return first.kind == EntryKind::kCreated && first.import_sequence == import_sequence &&
         filter.Takes(first);
}

bool RowUndo::HoldsWhatWasCreated(std::vector<KeptValue>& differing) {
  JournalEntry& first = chain_.entries.front();
  size_t found = 0;
  const auto compare = [&](const std::string& name, const std::optional<std::string>& now) {
    const JournalChange* const change = Find(first, name);
    found += change == nullptr ? 0 : 1;
    const std::optional<std::string> written = change == nullptr ? std::nullopt : change->written;
    if (Same(written, now)) return;
    differing.push_back(
        {undo_code::kChangedSince, first.source_row, name, std::nullopt, written, now});
  };
  for (int i = 0; i < dataset_.dataset.fields_size(); ++i) {
    compare(dataset_.dataset.fields(i).name(), row_->fields[static_cast<size_t>(i)]);
  }
  if (found < first.changes.size() || !row_->custom.empty()) {
    for (const auto& [key, token] : custom()) compare("custom." + key, token);
    for (const JournalChange& change : first.changes) {
      if (!change.name.starts_with(kCustomPrefix)) continue;
      if (!custom().contains(change.name.substr(kCustomPrefix.size()))) {
        compare(change.name, std::nullopt);
      }
    }
    if (!custom_readable_) {
      differing.push_back({undo_code::kChangedSince, first.source_row, "custom", std::nullopt,
                           std::nullopt, row_->custom});
    }
  }
  return differing.empty();
}

void RowUndo::UndoCreation(bool referred) {
  JournalEntry& first = chain_.entries.front();
  creator_ = first.import_sequence;
  if (HasLiveAbove() || referred) {
    creation_kept_ = true;
    creation_values_.push_back({HasLiveAbove() ? undo_code::kUsedByLater : undo_code::kReferred,
                                first.source_row, "", std::nullopt, std::nullopt, std::nullopt});
    if (first.kind == EntryKind::kPending) return;
    first.kind = EntryKind::kPending;
    written_.insert(first.number);
    return;
  }
  if (!row_.has_value()) {
    gone_ = true;
    removed_ = true;
    return;
  }
  if (HoldsWhatWasCreated(creation_values_)) {
    creation_undone_ = Undone{first.source_row, true, first.changes};
    removed_ = true;
    return;
  }
  creation_kept_ = true;
  first.kind = EntryKind::kKept;
  written_.insert(first.number);
}

RowFate RowUndo::fate() const {
  if (creator_ == import_sequence_) {
    if (gone_) return RowFate::kGone;
    return removed_ ? RowFate::kRemoved : RowFate::kKept;
  }
  if (!tried_) return RowFate::kNothing;
  if (!kept_.empty()) return undone_.empty() && !handed_on_ ? RowFate::kKept : RowFate::kPartly;
  return undone_.empty() ? RowFate::kSuperseded : RowFate::kRestored;
}

}  // namespace sluice::load
