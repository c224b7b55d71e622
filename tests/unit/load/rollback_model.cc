#include "tests/unit/load/rollback_model.h"

#include <algorithm>
#include <utility>

namespace sluice::load {
namespace {

constexpr const char* kContacts = "contacts";
constexpr const char* kAccounts = "accounts";

bool IsLiveLayer(const ModelLayer& layer) {
  return layer.import != 0 && !layer.wall;
}

std::map<std::string, ModelValue> ValuesOf(const ModelUndoRow& row) {
  std::map<std::string, ModelValue> values;
  for (const auto& [name, field] : row.fields) values[name] = field.value();
  return values;
}

std::optional<size_t> LayerOf(const ModelField& field, int entry) {
  for (size_t i = 0; i < field.layers.size(); ++i) {
    if (field.layers[i].entry == entry && field.layers[i].import != 0) return i;
  }
  return std::nullopt;
}

}  // namespace

std::map<int64_t, std::map<std::string, std::string>> RollbackModel::Rows(
    const std::string& table) const {
  std::map<int64_t, std::map<std::string, std::string>> rows;
  const auto found = tables_.find(table);
  if (found == tables_.end()) return rows;
  for (const auto& [id, row] : found->second) {
    if (!row.exists) continue;
    auto& values = rows[id];
    for (const auto& [name, field] : row.fields) {
      if (field.value().has_value()) values[name] = *field.value();
    }
  }
  return rows;
}

void RollbackModel::Create(const std::string& table, int64_t id, int import,
                           const ModelWrites& writes, uint64_t source_row) {
  ModelUndoRow row;
  row.sources[0] = source_row;
  row.creator = import;
  row.creation = import == 0 ? ModelCreation::kNone : ModelCreation::kLive;
  for (const auto& [name, value] : writes) {
    row.fields[name].base = value;
    row.created.insert(name);
  }
  if (import != 0) row.entries.emplace_back(0, import);
  tables_[table][id] = std::move(row);
}

bool RollbackModel::Extends(const ModelUndoRow& row, int import, const ModelWrites& writes) const {
  if (row.entries.empty() || row.entries.back().second != import) return false;
  const int entry = row.entries.back().first;
  if (entry == 0 && row.creation != ModelCreation::kLive) return false;
  return std::all_of(writes.begin(), writes.end(), [&](const auto& write) {
    const auto found = row.fields.find(write.first);
    if (found == row.fields.end()) return true;
    const ModelField& field = found->second;
    if (entry == 0) return !row.created.contains(write.first) || field.layers.empty();
    const auto layer = LayerOf(field, entry);
    return !layer.has_value() || (!field.layers[*layer].wall && *layer + 1 == field.layers.size());
  });
}

void RollbackModel::Write(const std::string& table, int64_t id, int import,
                          const ModelWrites& writes, uint64_t source_row) {
  ModelUndoRow& row = tables_[table][id];
  if (!Extends(row, import, writes)) {
    row.entries.emplace_back(++next_entry_, import);
    row.sources[next_entry_] = source_row;
  }
  const int entry = row.entries.back().first;
  for (const auto& [name, value] : writes) {
    ModelField& field = row.fields[name];
    if (entry == 0) {
      // What a hand had put into a blank is the creation's now.
      field.layers.clear();
      field.base = value;
      row.created.insert(name);
      continue;
    }
    const auto layer = LayerOf(field, entry);
    if (!layer.has_value()) {
      field.layers.push_back({import, entry, false, value});
    } else if (field.Below(*layer) == value) {
      field.layers.erase(field.layers.begin() + static_cast<ptrdiff_t>(*layer));
    } else {
      field.layers[*layer].value = value;
    }
  }
  RemoveEntryIfEmpty(row, entry);
}

void RollbackModel::RemoveEntryIfEmpty(ModelUndoRow& row, int entry) {
  if (entry == 0) return;
  for (const auto& [name, field] : row.fields) {
    if (LayerOf(field, entry).has_value()) return;
  }
  std::erase_if(row.entries, [&](const auto& other) { return other.first == entry; });
}

void RollbackModel::Edit(const std::string& table, int64_t id, const std::string& name,
                         ModelValue value) {
  ModelField& field = tables_[table][id].fields[name];
  if (field.value() == value) return;
  if (!field.layers.empty() && field.layers.back().import == 0) {
    field.layers.pop_back();
    if (field.value() == value) return;
  }
  field.layers.push_back({0, 0, false, std::move(value)});
}

void RollbackModel::Delete(const std::string& table, int64_t id) {
  tables_[table][id].exists = false;
}

bool RollbackModel::HasEntryOf(const ModelUndoRow& row, int import) const {
  return std::any_of(row.entries.begin(), row.entries.end(),
                     [&](const auto& entry) { return entry.second == import; });
}

bool RollbackModel::HasLive(const ModelUndoRow& row) const {
  return std::any_of(row.fields.begin(), row.fields.end(), [](const auto& field) {
    return std::any_of(field.second.layers.begin(), field.second.layers.end(), IsLiveLayer);
  });
}

bool RollbackModel::IsReferred(const RowKey& key) const {
  const std::string column = key.first == kAccounts ? "account_id" : "boss_id";
  const auto contacts = tables_.find(kContacts);
  if (contacts == tables_.end()) return false;
  return std::any_of(contacts->second.begin(), contacts->second.end(), [&](const auto& row) {
    const auto field = row.second.fields.find(column);
    const bool itself = key.first == kContacts && row.first == key.second;
    return row.second.exists && !itself && field != row.second.fields.end() &&
           field->second.value() == std::to_string(key.second);
  });
}

bool RollbackModel::TakesKey(const RowKey& key, const ModelValue& before) const {
  // Of accounts the import only refers to, keys are not looked at.
  if (key.first != kContacts) return false;
  const ModelTable& table = tables_.at(key.first);
  const auto own = table.at(key.second).fields.find("external_id");
  if (own == table.at(key.second).fields.end() || !own->second.value().has_value() ||
      own->second.value() == before) {
    return false;
  }
  return std::any_of(table.begin(), table.end(), [&](const auto& row) {
    const auto field = row.second.fields.find("external_id");
    return row.first != key.second && row.second.exists && field != row.second.fields.end() &&
           field->second.value() == own->second.value();
  });
}

bool RollbackModel::UndoLayer(ModelUndoRow& row, const std::string& name, size_t layer) {
  ModelField& field = row.fields[name];
  const bool top = layer + 1 == field.layers.size();
  if (!top && !IsLiveLayer(field.layers[layer + 1])) {
    field.layers[layer].wall = true;
    return false;
  }
  if (top && !row.exists) {
    field.layers[layer].wall = true;
    return false;
  }
  field.layers.erase(field.layers.begin() + static_cast<ptrdiff_t>(layer));
  if (top) return true;
  // The one above says the same as what is below it now: it has done nothing.
  if (field.layers[layer].value == field.Below(layer)) {
    const int entry = field.layers[layer].entry;
    field.layers.erase(field.layers.begin() + static_cast<ptrdiff_t>(layer));
    RemoveEntryIfEmpty(row, entry);
  }
  return false;
}

void RollbackModel::UndoRow(const RowKey& key, int import, const ModelFilter& filter) {
  ModelUndoRow& row = tables_[key.first][key.second];
  const ModelUndoRow untouched = row;
  const auto is_meant = [&](int entry) {
    return filter.rows.empty() || filter.rows.contains(untouched.sources.at(entry));
  };
  bool tried = false;
  std::vector<std::pair<std::string, ModelLayer>> restored;
  if (!filter.added_only) {
    const auto entries = row.entries;
    for (auto entry = entries.rbegin(); entry != entries.rend(); ++entry) {
      if (entry->second != import || entry->first == 0 || !is_meant(entry->first)) continue;
      for (auto& [name, field] : row.fields) {
        const auto layer = LayerOf(field, entry->first);
        if (!layer.has_value() || field.layers[*layer].wall) continue;
        tried = true;
        const ModelLayer taken = field.layers[*layer];
        if (UndoLayer(row, name, *layer)) restored.emplace_back(name, taken);
      }
      RemoveEntryIfEmpty(row, entry->first);
    }
  }
  if (!restored.empty()) {
    const auto was = untouched.fields.find("external_id");
    const ModelValue before = was == untouched.fields.end() ? std::nullopt : was->second.value();
    if (TakesKey(key, before)) {
      // All that went back stays after all, but not what later imports have taken over.
      row.entries = untouched.entries;
      for (auto taken = restored.rbegin(); taken != restored.rend(); ++taken) {
        taken->second.wall = true;
        row.fields[taken->first].layers.push_back(taken->second);
      }
      // Entries that others or other fields have emptied are gone all the same.
      for (const auto& [entry, by] : untouched.entries) RemoveEntryIfEmpty(row, entry);
      restored.clear();
    }
  }
  LoseReferences(ValuesOf(untouched), row);
  const bool own = row.creation == ModelCreation::kLive && row.creator == import &&
                   !filter.updated_only && is_meant(0);
  // A row counts once, as what its creation becomes.
  const bool waited = row.creation == ModelCreation::kPending && row.creator == import;
  if (own || row.creation == ModelCreation::kPending) UndoCreation(key);
  if (tried && !own && !waited) counts_[import]["tried"] += 1;
}

void RollbackModel::Purge(int import) {
  for (auto& [name, table] : tables_) {
    for (auto& [id, row] : table) {
      if (row.creator == import) row.creation = ModelCreation::kNone;
      std::erase_if(row.entries, [&](const auto& entry) { return entry.second == import; });
      for (auto& [field_name, field] : row.fields) {
        const std::vector<ModelLayer> layers = std::exchange(field.layers, {});
        for (ModelLayer layer : layers) {
          if (layer.import == import) layer = {0, 0, false, layer.value};
          const bool by_hand = layer.import == 0;
          // Hands that follow each other are one; one that changes nothing is none.
          if (by_hand && !field.layers.empty() && field.layers.back().import == 0) {
            field.layers.pop_back();
          }
          if (!by_hand || layer.value != field.value()) field.layers.push_back(layer);
        }
      }
    }
  }
}

void RollbackModel::LoseReferences(const std::map<std::string, ModelValue>& before,
                                   const ModelUndoRow& after) {
  for (const auto& [column, table] :
       {std::pair("account_id", kAccounts), std::pair("boss_id", kContacts)}) {
    const auto was = before.find(column);
    if (was == before.end() || !was->second.has_value()) continue;
    const auto now = after.fields.find(column);
    if (now != after.fields.end() && now->second.value() == was->second) continue;
    lost_.emplace_back(table, std::stoll(*was->second));
  }
}

void RollbackModel::UndoCreation(const RowKey& key) {
  ModelUndoRow& row = tables_[key.first][key.second];
  ModelCounts& counts = counts_[row.creator];
  if (row.creation == ModelCreation::kPending) counts["kept"] -= 1;
  if (HasLive(row) || (row.exists && IsReferred(key))) {
    row.creation = ModelCreation::kPending;
    counts["kept"] += 1;
    return;
  }
  const bool same = std::all_of(row.fields.begin(), row.fields.end(), [](const auto& field) {
    return field.second.value() == field.second.base;
  });
  if (row.exists && !same) {
    row.creation = ModelCreation::kKept;
    counts["kept"] += 1;
    return;
  }
  counts[row.exists ? "removed" : "gone"] += 1;
  const ModelUndoRow nothing;
  if (row.exists) LoseReferences(ValuesOf(row), nothing);
  row = ModelUndoRow();
  row.exists = false;
}

void RollbackModel::TryPending() {
  while (!lost_.empty()) {
    const RowKey key = lost_.back();
    lost_.pop_back();
    const auto row = tables_[key.first].find(key.second);
    if (row == tables_[key.first].end() || row->second.creation != ModelCreation::kPending) {
      continue;
    }
    if (HasLive(row->second) || (row->second.exists && IsReferred(key))) continue;
    UndoCreation(key);
  }
}

void RollbackModel::Undo(int import, const ModelFilter& filter, size_t chunk) {
  for (const char* const table : {kContacts, kAccounts}) {
    int64_t below = INT64_MAX;
    while (true) {
      std::vector<int64_t> ids;
      for (auto row = tables_[table].rbegin(); row != tables_[table].rend(); ++row) {
        if (row->first < below && ids.size() < chunk && HasEntryOf(row->second, import)) {
          ids.push_back(row->first);
        }
      }
      for (const int64_t id : ids) UndoRow({table, id}, import, filter);
      TryPending();
      if (ids.size() < chunk) break;
      below = ids.back();
    }
  }
}

}  // namespace sluice::load
