#include "common/kafka/record_block.h"

#include "common/base/wire.h"

namespace sluice::kafka {
namespace {

// Fields of RecordBlock and BlockRecord.
constexpr uint32_t kRecords = 1;
constexpr uint32_t kKey = 1;
constexpr uint32_t kRow = 2;
constexpr uint32_t kValue = 3;

bool ReadRecord(std::string_view bytes, stream::Record& record) {
  base::WireReader in(bytes);
  while (in.Next()) {
    if (in.field() == kKey) record.key = in.bytes();
    if (in.field() == kRow) record.headers.row = in.varint();
    if (in.field() == kValue) record.value = in.bytes();
  }
  return in.ok();
}

}  // namespace

void RecordBlock::Add(const stream::RecordHeaders& headers, std::string_view key,
                      std::string_view value) {
  if (records_ == 0) import_id_ = headers.import_id;
  base::WireWriter out(bytes_);
  const size_t record = out.Begin(kRecords);
  out.Bytes(kKey, key);
  out.Varint(kRow, headers.row);
  out.Bytes(kValue, value);
  out.End(record);
  ++records_;
}

void RecordBlock::Clear() {
  bytes_.clear();
  records_ = 0;
}

MessageHeaders RecordBlock::headers() const {
  MessageHeaders headers;
  headers.record.import_id = import_id_;
  headers.block_records = records_;
  return headers;
}

absl::Status AppendRecords(std::string_view bytes, uint64_t offset, std::string_view import_id,
                           std::vector<stream::Record>& records) {
  base::WireReader in(bytes);
  while (in.Next()) {
    if (in.field() != kRecords) continue;
    stream::Record& record = records.emplace_back();
    record.offset = offset;
    record.headers.import_id = import_id;
    if (!ReadRecord(in.bytes(), record)) return absl::DataLossError("a block is damaged");
  }
  return in.ok() ? absl::OkStatus() : absl::DataLossError("a block is damaged");
}

}  // namespace sluice::kafka
