#include "common/record/clean_record.h"

namespace sluice::record {
namespace {

constexpr uint32_t kWithheld = 40;
constexpr size_t kWithheldBytes = 3;

bool ParseCell(std::string_view bytes, CleanCell& cell) {
  base::WireReader in(bytes);
  while (in.Next()) {
    if (in.field() == 1) cell.value = in.bytes();
    if (in.field() == 2) cell.unfit = in.bytes();
    if (in.field() == kWithheld) cell.withheld = in.varint() != 0;
  }
  return in.ok();
}

}  // namespace

bool CleanRecordView::Parse(std::string_view bytes) {
  header = RecordHeader{};
  cells.clear();
  base::WireReader in(bytes);
  while (in.Next()) {
    if (ReadHeaderField(in, header)) continue;
    if (in.field() == 8 && !ParseCell(in.bytes(), cells.emplace_back())) return false;
  }
  return in.ok();
}

void AppendCleanRecord(const RecordHeader& header, std::span<const CleanCell> cells,
                       std::string& out) {
  base::WireWriter writer(out);
  WriteHeader(header, writer);
  for (const CleanCell& cell : cells) {
    writer.Tag(8, base::WireType::kBytes);
    writer.RawVarint(base::WireWriter::BytesSize(cell.value) +
                     base::WireWriter::BytesSize(cell.unfit) +
                     (cell.withheld ? kWithheldBytes : 0));
    writer.Bytes(1, cell.value);
    writer.Bytes(2, cell.unfit);
    writer.Varint(kWithheld, cell.withheld ? 1 : 0);
  }
}

}  // namespace sluice::record
