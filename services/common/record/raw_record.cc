#include "common/record/raw_record.h"

namespace sluice::record {
namespace {

bool ParseCell(std::string_view bytes, RawCell& cell) {
  base::WireReader in(bytes);
  while (in.Next()) {
    switch (in.field()) {
      case 1:
        cell.text = in.bytes();
        break;
      case 2:
        cell.type = static_cast<uint32_t>(in.varint());
        break;
      case 3:
        cell.raw = in.bytes();
        break;
      case 4:
        cell.number_format = in.bytes();
        break;
      default:
        break;
    }
  }
  return in.ok();
}

void AppendPlainCell(std::string_view text, base::WireWriter& writer) {
  writer.Tag(8, base::WireType::kBytes);
  writer.RawVarint(base::WireWriter::BytesSize(text));
  writer.Bytes(1, text);
}

}  // namespace

bool RawRecordView::Parse(std::string_view bytes) {
  header = RecordHeader{};
  cells.clear();
  problem = {};
  request = {};
  taken_at_seconds = 0;
  base::WireReader in(bytes);
  while (in.Next()) {
    if (ReadHeaderField(in, header)) continue;
    if (in.field() == 8) {
      if (!ParseCell(in.bytes(), cells.emplace_back())) return false;
    } else if (in.field() == 9) {
      problem = in.bytes();
    } else if (in.field() == 10) {
      request = in.bytes();
    } else if (in.field() == 11) {
      taken_at_seconds = in.varint();
    }
  }
  return in.ok();
}

void AppendRawRecord(const RecordHeader& header, std::span<const std::string_view> cells,
                     std::string_view problem, std::string& out) {
  base::WireWriter writer(out);
  WriteHeader(header, writer);
  for (const std::string_view cell : cells) AppendPlainCell(cell, writer);
  writer.Bytes(9, problem);
}

void AppendRawRecord(const RecordHeader& header, std::span<const RawCell> cells,
                     std::string_view problem, std::string& out) {
  base::WireWriter writer(out);
  WriteHeader(header, writer);
  std::string encoded;
  for (const RawCell& cell : cells) {
    if (cell.type == 0 && cell.raw.empty() && cell.number_format.empty()) {
      AppendPlainCell(cell.text, writer);
      continue;
    }
    encoded.clear();
    base::WireWriter fields(encoded);
    fields.Bytes(1, cell.text);
    fields.Varint(2, cell.type);
    fields.Bytes(3, cell.raw);
    fields.Bytes(4, cell.number_format);
    writer.Tag(8, base::WireType::kBytes);
    writer.RawVarint(encoded.size());
    out += encoded;
  }
  writer.Bytes(9, problem);
}

void AppendRequest(std::string_view request, uint64_t taken_at_seconds, std::string& out) {
  base::WireWriter writer(out);
  writer.Bytes(10, request);
  writer.Varint(11, taken_at_seconds);
}

}  // namespace sluice::record
