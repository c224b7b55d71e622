#include "common/record/mapped_record.h"

namespace sluice::record {
namespace {

constexpr uint32_t kCleared = 40;
constexpr uint32_t kClearedCustom = 41;

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

// Numbers of fields, one after another without tags.
bool ParseNumbers(std::string_view packed, std::vector<uint32_t>& numbers) {
  uint64_t number = 0;
  unsigned shift = 0;
  for (const char c : packed) {
    if (shift > 28) return false;
    number |= static_cast<uint64_t>(static_cast<unsigned char>(c) & 0x7f) << shift;
    shift += 7;
    if ((static_cast<unsigned char>(c) & 0x80) != 0) continue;
    numbers.push_back(static_cast<uint32_t>(number));
    number = 0;
    shift = 0;
  }
  return shift == 0;
}

void AppendCleared(const Cleared& cleared, base::WireWriter& writer) {
  if (!cleared.fields.empty()) {
    size_t bytes = 0;
    for (const uint32_t field : cleared.fields) bytes += base::WireWriter::VarintSize(field);
    writer.Tag(kCleared, base::WireType::kBytes);
    writer.RawVarint(bytes);
    for (const uint32_t field : cleared.fields) writer.RawVarint(field);
  }
  for (const std::string_view name : cleared.custom) writer.Element(kClearedCustom, name);
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
      case kCleared:
        if (!ParseNumbers(in.bytes(), record.cleared.fields)) return false;
        break;
      case kClearedCustom:
        record.cleared.custom.push_back(in.bytes());
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
  cleared.Clear();
  base::WireReader in(bytes);
  while (in.Next()) {
    if (ReadHeaderField(in, header)) continue;
    if (in.field() == 8 && !ParseCustomer(in.bytes(), *this)) return false;
  }
  return in.ok();
}

size_t MappedSize(std::span<const FieldValue> fields, std::span<const CustomValue> custom,
                  const Cleared& cleared) {
  // Tags, lengths and the field's number.
  constexpr size_t kFrameBytes = 16;
  size_t bytes = 0;
  for (const FieldValue& field : fields) bytes += field.value.size() + kFrameBytes;
  for (const CustomValue& value : custom) {
    bytes += value.name.size() + value.value.size() + kFrameBytes;
  }
  bytes += cleared.fields.size() * kFrameBytes;
  for (const std::string_view name : cleared.custom) bytes += name.size() + kFrameBytes;
  return bytes;
}

void AppendMappedRecord(const RecordHeader& header, std::string_view dataset,
                        std::span<const FieldValue> fields, std::span<const CustomValue> custom,
                        const Cleared& cleared, std::string& out) {
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
  AppendCleared(cleared, writer);
  writer.End(customer);
}

}  // namespace sluice::record
