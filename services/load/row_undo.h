// Taking back what one import has done to one row, by the row's chain of journal entries (design
// section 7, docs/rollback.md). Decides only; whoever calls it writes the row, the chain and the
// report in one transaction.
//
// A field goes back when nobody wrote it since. Where a later import has, that import's entry takes
// over what was there before; where somebody else has, the field stays, is reported, and becomes a
// wall: it is never undone, and nothing below it is either. So the order of rollbacks does not
// matter.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "load/custom_json.h"
#include "load/row_writer.h"
#include "load/sink.h"

namespace sluice::load {

// Why something stays; codes of issues.
namespace undo_code {
// Somebody else has written the field since.
inline constexpr std::string_view kChangedSince = "changed_since";
// The row that it was in is gone.
inline constexpr std::string_view kRowGone = "row_gone";
// Another row has the key that the row would get back.
inline constexpr std::string_view kKeyTaken = "key_taken";
// A later import has changed the row that this one created. Goes when that is rolled back.
inline constexpr std::string_view kUsedByLater = "used_by_later_import";
// Other rows refer to the row. Goes with the last of them that a rollback removes.
inline constexpr std::string_view kReferred = "referred_to";
}  // namespace undo_code

// Something that stays. Without a name: the row.
struct KeptValue {
  std::string_view code;
  uint64_t source_row = 0;
  std::string name;
  std::optional<std::string> before;
  std::optional<std::string> written;
  std::optional<std::string> now;
};

// Which of an import's entries are taken back. Empty = all.
struct UndoFilter {
  // Source rows, ascending.
  std::vector<uint64_t> rows;
  bool added_only = false;
  bool updated_only = false;

  bool Takes(const JournalEntry& entry) const;
};

// What became of a row of an import.
enum class RowFate { kNothing, kRemoved, kRestored, kSuperseded, kPartly, kKept, kGone };

// What has been put back in one row, for a redo.
struct Undone {
  uint64_t source_row = 0;
  bool removed = false;
  std::vector<JournalChange> changes;
};

// Thread-compatible. Dataset, chain and row outlive it; chain and row are brought to what they
// become. `row` is nothing when it is gone.
class RowUndo {
 public:
  RowUndo(const SinkDataset& dataset, RowChain& chain, std::optional<SinkRow>& row);

  // Takes back the import's changes, newest first. What goes back into the row is in it, but can
  // still be refused.
  void UndoChanges(uint64_t import_sequence, const UndoFilter& filter);
  // Fields of the row that went back, by index in the dataset; custom ones are not among them.
  const std::vector<uint32_t>& restored() const { return restored_; }
  // The row as it was; only when something went back.
  const std::optional<SinkRow>& before() const { return before_; }
  // Another row has the key that the row would get: what went back is left after all.
  void RefuseRestored();

  // Whether the entry that created the row is to be undone for the first time.
  bool CreationIsDue(uint64_t import_sequence, const UndoFilter& filter) const;
  // Undoes it, or lets it wait. `referred`: a row refers to this one.
  void UndoCreation(bool referred);

  // The row is to be removed with its chain.
  bool removed() const { return removed_; }
  // Columns that are other than before.
  const ChangedRow& change() const { return change_; }
  // Numbers of entries that are to be written, and to be removed.
  const std::set<uint32_t>& written() const { return written_; }
  const std::set<uint32_t>& dropped() const { return dropped_; }
  // Of the import's row; and of the entry that created it, which may be another import's.
  RowFate fate() const;
  const std::vector<KeptValue>& kept() const { return kept_; }
  const std::vector<Undone>& undone() const { return undone_; }
  // The import that created the row, when its entry was tried.
  std::optional<uint64_t> creator() const { return creator_; }
  bool creation_kept() const { return creation_kept_; }
  const std::vector<KeptValue>& creation_kept_values() const { return creation_values_; }
  const std::optional<Undone>& creation_undone() const { return creation_undone_; }

  // An entry of any import above the first still has something to undo.
  bool HasLiveAbove() const;

 private:
  // A field that is back in the row, with the entry it came from.
  struct Restored {
    size_t entry = 0;
    JournalChange change;
  };

  std::optional<std::string> ValueOf(std::string_view name);
  void SetValue(std::string_view name, const std::optional<std::string>& value);
  int FieldIndex(std::string_view name) const;
  CustomFields& custom();
  // The nearest entry above `entry` that has the field; nothing when there is none.
  std::optional<size_t> NearestAbove(size_t entry, std::string_view name) const;
  void UndoField(size_t entry, const JournalChange& change);
  void LeaveWall(size_t entry, std::string_view name, std::string_view code);
  void Drop(size_t entry, std::string_view name);
  // The entry that created the row has all the row holds.
  bool HoldsWhatWasCreated(std::vector<KeptValue>& differing);

  const SinkDataset& dataset_;
  RowChain& chain_;
  std::optional<SinkRow>& row_;
  std::optional<SinkRow> before_;
  std::optional<CustomFields> custom_;
  bool custom_readable_ = true;
  ChangedRow change_;
  std::vector<uint32_t> restored_;
  std::vector<Restored> restores_;
  std::set<uint32_t> written_;
  std::set<uint32_t> dropped_;
  std::vector<KeptValue> kept_;
  std::vector<Undone> undone_;
  std::vector<KeptValue> creation_values_;
  std::optional<Undone> creation_undone_;
  std::optional<uint64_t> creator_;
  uint64_t import_sequence_ = 0;
  bool tried_ = false;
  bool handed_on_ = false;
  bool removed_ = false;
  bool gone_ = false;
  bool creation_kept_ = false;
};

}  // namespace sluice::load
