#include "load/created_block.h"

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
  if (!whole || !rows.ok()) return absl::DataLossError("a block of journal entries is damaged");
  return false;
}

}  // namespace sluice::load
