#include "load/created_block.h"

#include <algorithm>

#include "common/base/wire.h"

namespace sluice::load {

void AppendCreated(uint64_t offset, uint64_t source_row, std::string_view fields,
                   std::string& scratch, std::string& block) {
  scratch.clear();
  base::WireWriter entry(scratch);
  entry.Tag(1, base::WireType::kVarint);
  entry.RawVarint(offset);
  entry.Varint(2, source_row);
  entry.Bytes(3, fields);
  base::WireWriter(block).Element(1, scratch);
}

namespace {

absl::Status Damaged() {
  return absl::DataLossError("a block of journal entries is damaged");
}

// An entry of a block as it stands there.
struct BlockEntry {
  uint64_t offset = 0;
  uint64_t source_row = 0;
  std::string_view fields;
};

bool ReadEntry(std::string_view bytes, BlockEntry& entry) {
  entry = {};
  base::WireReader row(bytes);
  while (row.Next()) {
    if (row.field() == 1) entry.offset = row.varint();
    if (row.field() == 2) entry.source_row = row.varint();
    if (row.field() == 3) entry.fields = row.bytes();
  }
  return row.ok();
}

}  // namespace

absl::StatusOr<bool> FindCreated(std::string_view block, uint64_t offset, CreatedEntry& entry) {
  base::WireReader rows(block);
  bool whole = true;
  while (whole && rows.Next()) {
    uint64_t row_offset = 0;
    std::string_view fields;
    base::WireReader row(rows.bytes());
    while (row.Next()) {
      if (row.field() == 1) row_offset = row.varint();
      if (row.field() == 1 && row_offset != offset) break;
      if (row.field() == 2) entry.source_row = row.varint();
      if (row.field() == 3) fields = row.bytes();
    }
    whole = row.ok();
    if (!whole || row_offset != offset) continue;
    entry.fields = fields;
    return true;
  }
  if (!whole || !rows.ok()) return Damaged();
  return false;
}

absl::Status ReadBlock(RowId first, std::string_view block, RowId from, RowId below,
                       std::vector<std::pair<RowId, CreatedEntry>>& entries) {
  base::WireReader rows(block);
  BlockEntry entry;
  while (rows.Next()) {
    if (!ReadEntry(rows.bytes(), entry)) return Damaged();
    const RowId id = first + static_cast<RowId>(entry.offset);
    if (id < from || id >= below) continue;
    entries.emplace_back(id, CreatedEntry{entry.source_row, std::string(entry.fields)});
  }
  return rows.ok() ? absl::OkStatus() : Damaged();
}

absl::StatusOr<std::optional<std::string>> BlockWithout(RowId first, std::string_view block,
                                                        std::span<const RowId> removed) {
  std::string left;
  bool found = false;
  base::WireReader rows(block);
  BlockEntry entry;
  while (rows.Next()) {
    if (!ReadEntry(rows.bytes(), entry)) return Damaged();
    const RowId id = first + static_cast<RowId>(entry.offset);
    if (std::binary_search(removed.begin(), removed.end(), id)) {
      found = true;
    } else {
      base::WireWriter(left).Element(1, rows.bytes());
    }
  }
  if (!rows.ok()) return Damaged();
  return found ? std::optional<std::string>(std::move(left)) : std::nullopt;
}

}  // namespace sluice::load
