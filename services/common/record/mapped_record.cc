#include "common/record/mapped_record.h"

namespace sluice::record {
namespace {

bool ParseField(std::string_view bytes, FieldValue& field) {
  base::WireReader in(bytes);
  while (in.Next()) {
    if (in.field() == 1) field.field = static_cast<uint32_t>(in.varint());
    if (in.field() == 2) field.value = in.bytes();
  }
  return in.ok();
}

bool ParseCustom(std::string_view bytes, CustomValue& custom) {
  base::WireReader in(bytes);
  while (in.Next()) {
    if (in.field() == 1) custom.name = in.bytes();
    if (in.field() == 2) custom.value = in.bytes();
  }
  return in.ok();
}

bool ParseCustomer(std::string_view bytes, MappedRecordView& record) {
  base::WireReader in(bytes);
  while (in.Next()) {
    switch (in.field()) {
      case 1:
        record.dataset = in.bytes();
        break;
      case 2:
        if (!ParseField(in.bytes(), record.fields.emplace_back())) return false;
        break;
      case 3:
        if (!ParseCustom(in.bytes(), record.custom.emplace_back())) return false;
        break;
      default:
        break;
    }
  }
  return in.ok();
}

}  // namespace

bool MappedRecordView::Parse(std::string_view bytes) {
  header = RecordHeader{};
  dataset = {};
  fields.clear();
  custom.clear();
  base::WireReader in(bytes);
  while (in.Next()) {
    if (ReadHeaderField(in, header)) continue;
    if (in.field() == 8 && !ParseCustomer(in.bytes(), *this)) return false;
  }
  return in.ok();
}

size_t MappedSize(std::span<const FieldValue> fields, std::span<const CustomValue> custom) {
  // Tags, lengths and the field's number.
  constexpr size_t kFrameBytes = 16;
  size_t bytes = 0;
  for (const FieldValue& field : fields) bytes += field.value.size() + kFrameBytes;
  for (const CustomValue& value : custom) {
    bytes += value.name.size() + value.value.size() + kFrameBytes;
  }
  return bytes;
}

void AppendMappedRecord(const RecordHeader& header, std::string_view dataset,
                        std::span<const FieldValue> fields, std::span<const CustomValue> custom,
                        std::string& out) {
  base::WireWriter writer(out);
  WriteHeader(header, writer);
  const size_t customer = writer.Begin(8);
  writer.Bytes(1, dataset);
  for (const FieldValue& field : fields) {
    writer.Tag(2, base::WireType::kBytes);
    writer.RawVarint((field.field == 0 ? 0 : 1 + base::WireWriter::VarintSize(field.field)) +
                     base::WireWriter::BytesSize(field.value));
    writer.Varint(1, field.field);
    writer.Bytes(2, field.value);
  }
  for (const CustomValue& value : custom) {
    const size_t mark = writer.Begin(3);
    writer.Bytes(1, value.name);
    writer.Bytes(2, value.value);
    writer.End(mark);
  }
  writer.End(customer);
}

}  // namespace sluice::record
