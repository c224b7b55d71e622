// What rollbacks do to rows, said once more without a journal: every field is a stack of layers,
// one for each time an import or a hand has written it. Shares no code with services/load. Two
// tables, contacts and accounts; contacts refer to accounts and to each other.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace sluice::load {

using ModelValue = std::optional<std::string>;

// Somebody's value in a field.
struct ModelLayer {
  // 0 = by hand.
  int import = 0;
  int entry = 0;
  bool wall = false;
  ModelValue value;
};

struct ModelField {
  ModelValue base;
  std::vector<ModelLayer> layers;

  ModelValue value() const { return layers.empty() ? base : layers.back().value; }
  ModelValue Below(size_t layer) const { return layer == 0 ? base : layers[layer - 1].value; }
};

enum class ModelCreation { kNone, kLive, kPending, kKept };

struct ModelUndoRow {
  bool exists = true;
  int creator = 0;
  ModelCreation creation = ModelCreation::kNone;
  std::map<std::string, ModelField> fields;
  // What its creation has written, also blanks.
  std::set<std::string> created;
  // Entries that still stand, oldest first, with their imports; 0 = the creation.
  std::vector<std::pair<int, int>> entries;
  // Of an entry, the row of the source that began it.
  std::map<int, uint64_t> sources;
};

using ModelTable = std::map<int64_t, ModelUndoRow>;
using ModelWrites = std::map<std::string, ModelValue>;
using ModelCounts = std::map<std::string, int64_t>;

struct ModelFilter {
  // Of the source; empty = all.
  std::set<uint64_t> rows;
  bool added_only = false;
  bool updated_only = false;
};

class RollbackModel {
 public:
  ModelTable& table(const std::string& name) { return tables_[name]; }
  // Of rows that are there; only fields that are not blank.
  std::map<int64_t, std::map<std::string, std::string>> Rows(const std::string& table) const;

  void Create(const std::string& table, int64_t id, int import, const ModelWrites& writes,
              uint64_t source_row = 0);
  void Write(const std::string& table, int64_t id, int import, const ModelWrites& writes,
             uint64_t source_row);
  void Edit(const std::string& table, int64_t id, const std::string& field, ModelValue value);
  void Delete(const std::string& table, int64_t id);
  // Rows of `chunk` at once, as they are worked on.
  void Undo(int import, const ModelFilter& filter, size_t chunk);
  // Nothing of the import can be rolled back any more: what it wrote counts as written by hand.
  void Purge(int import);
  // Of an import: what has become of its rows in all rollbacks.
  const ModelCounts& counts(int import) { return counts_[import]; }

 private:
  using RowKey = std::pair<std::string, int64_t>;

  bool Extends(const ModelUndoRow& row, int import, const ModelWrites& writes) const;
  bool HasEntryOf(const ModelUndoRow& row, int import) const;
  bool HasLive(const ModelUndoRow& row) const;
  bool IsReferred(const RowKey& key) const;
  bool TakesKey(const RowKey& key, const ModelValue& before) const;
  void RemoveEntryIfEmpty(ModelUndoRow& row, int entry);
  void UndoRow(const RowKey& key, int import, const ModelFilter& filter);
  // One field of one entry; true when the value went back.
  bool UndoLayer(ModelUndoRow& row, const std::string& field, size_t layer);
  void UndoCreation(const RowKey& key);
  void TryPending();
  void LoseReferences(const std::map<std::string, ModelValue>& before, const ModelUndoRow& after);

  std::map<std::string, ModelTable> tables_;
  std::map<int, ModelCounts> counts_;
  std::vector<RowKey> lost_;
  int next_entry_ = 0;
};

}  // namespace sluice::load
