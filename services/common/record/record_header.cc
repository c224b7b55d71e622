#include "common/record/record_header.h"

namespace sluice::record {
namespace {

constexpr uint32_t kPart = 50;
constexpr uint32_t kResubmission = 51;

}  // namespace

void WriteHeader(const RecordHeader& header, base::WireWriter& out) {
  out.Bytes(1, header.import_id);
  out.Varint(2, header.revision);
  out.Varint(3, header.round);
  out.Varint(4, header.ordinal);
  out.Varint(5, header.row);
  out.Bytes(6, header.identity);
  out.Varint(7, header.identity_rule);
  // Out of order: who reads only the header stops behind it.
  out.Varint(kPart, header.part);
  out.Bytes(kResubmission, header.resubmission);
}

bool ReadHeaderField(const base::WireReader& in, RecordHeader& header) {
  switch (in.field()) {
    case 1:
      header.import_id = in.bytes();
      return true;
    case 2:
      header.revision = static_cast<uint32_t>(in.varint());
      return true;
    case 3:
      header.round = static_cast<uint32_t>(in.varint());
      return true;
    case 4:
      header.ordinal = in.varint();
      return true;
    case 5:
      header.row = in.varint();
      return true;
    case 6:
      header.identity = in.bytes();
      return true;
    case 7:
      header.identity_rule = static_cast<uint32_t>(in.varint());
      return true;
    case kPart:
      header.part = static_cast<uint32_t>(in.varint());
      return true;
    case kResubmission:
      header.resubmission = in.bytes();
      return true;
    default:
      return false;
  }
}

bool ParseHeader(std::string_view bytes, RecordHeader& header) {
  header = RecordHeader{};
  base::WireReader in(bytes);
  // Writers put the header first: stop at the first field behind it.
  while (in.Next()) {
    if (!ReadHeaderField(in, header)) return true;
  }
  return in.ok();
}

}  // namespace sluice::record
