#include "load/postgres_batch.h"

#include <cstring>

namespace sluice::load {

void PostgresBatch::Clear() {
  rows.clear();
  keys.clear();
  candidates.clear();
  read.clear();
  entries_read = 0;
  rows_asked = 0;
  entries_asked = 0;
  newest.clear();
  entries.clear();
  ids.clear();
  created.clear();
  changed.clear();
  removed.clear();
  referred.clear();
  brought.clear();
}

void PackValue(const std::optional<std::string_view>& value, std::string& packed) {
  const uint32_t size = value.has_value() ? static_cast<uint32_t>(value->size()) : UINT32_MAX;
  packed.append(reinterpret_cast<const char*>(&size), sizeof size);
  if (value.has_value()) packed += *value;
}

std::optional<std::string_view> UnpackValue(std::string_view& packed) {
  uint32_t size = 0;
  std::memcpy(&size, packed.data(), sizeof size);
  packed.remove_prefix(sizeof size);
  if (size == UINT32_MAX) return std::nullopt;
  const std::string_view value = packed.substr(0, size);
  packed.remove_prefix(size);
  return value;
}

void PackRow(const SinkRow& row, std::string& packed) {
  packed.clear();
  for (const auto& field : row.fields) {
    PackValue(field.has_value() ? std::optional<std::string_view>(*field) : std::nullopt, packed);
  }
  PackValue(row.custom.empty() ? std::nullopt : std::optional<std::string_view>(row.custom),
            packed);
}

void UnpackRow(RowId id, int fields, std::string_view packed, SinkRow& row) {
  row.id = id;
  row.fields.resize(static_cast<size_t>(fields));
  for (auto& field : row.fields) {
    const auto value = UnpackValue(packed);
    if (value.has_value()) {
      field.emplace(*value);
    } else {
      field.reset();
    }
  }
  row.custom = UnpackValue(packed).value_or("");
}

void AppendCopyText(const std::optional<std::string_view>& value, std::string& out) {
  if (!value.has_value()) {
    out += "\\N";
    return;
  }
  size_t from = 0;
  for (size_t i = 0; i < value->size(); ++i) {
    const char c = (*value)[i];
    char letter = 0;
    if (c == '\\') letter = '\\';
    if (c == '\n') letter = 'n';
    if (c == '\r') letter = 'r';
    if (c == '\t') letter = 't';
    if (letter == 0) continue;
    out += value->substr(from, i - from);
    out.push_back('\\');
    out.push_back(letter);
    from = i + 1;
  }
  out += value->substr(from);
}

}  // namespace sluice::load
