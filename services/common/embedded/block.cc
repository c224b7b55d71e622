#include "common/embedded/block.h"

#include "common/base/check.h"
#include "common/base/wire.h"

namespace sluice::embedded {
namespace {

constexpr char kVersion = 1;
constexpr size_t kBlockBytes = 256u << 10;
constexpr uint8_t kHasKey = 0x80;
constexpr size_t kKeyBytes = 16;

// Reads the parts of a block in order; every step says whether the bytes sufficed.
class Cursor {
 public:
  explicit Cursor(std::string_view bytes) : bytes_(bytes) {}

  bool Byte(uint8_t& value) {
    if (bytes_.empty()) return false;
    value = static_cast<uint8_t>(bytes_.front());
    bytes_.remove_prefix(1);
    return true;
  }
  bool Varint(uint64_t& value) {
    value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      uint8_t byte = 0;
      if (!Byte(byte)) return false;
      value |= static_cast<uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) return true;
    }
    return false;
  }
  bool Take(uint64_t count, std::string_view& out) {
    if (count > bytes_.size()) return false;
    out = bytes_.substr(0, count);
    bytes_.remove_prefix(count);
    return true;
  }

 private:
  std::string_view bytes_;
};

bool ReadPrologue(Cursor& in, uint64_t& count, std::vector<std::string_view>& imports) {
  uint8_t version = 0;
  uint64_t import_count = 0;
  if (!in.Byte(version) || version != kVersion || !in.Varint(count) || !in.Varint(import_count) ||
      import_count > count) {
    return false;
  }
  imports.resize(import_count);
  for (std::string_view& import : imports) {
    uint64_t length = 0;
    if (!in.Varint(length) || !in.Take(length, import)) return false;
  }
  return true;
}

}  // namespace

void BlockBuilder::Add(const stream::RecordHeaders& headers, std::string_view key,
                       std::string_view value) {
  SLUICE_CHECK(key.empty() || key.size() == kKeyBytes, "a record key has sixteen bytes");
  size_t import = 0;
  // One import a block is the rule, a handful the exception: search from the last.
  for (import = imports_.size(); import > 0; --import) {
    if (imports_[import - 1] == headers.import_id) break;
  }
  if (import == 0) {
    imports_.emplace_back(headers.import_id);
    import = imports_.size();
  }
  base::WireWriter out(records_);
  records_.push_back(
      static_cast<char>(static_cast<uint8_t>(headers.kind) | (key.empty() ? 0 : kHasKey)));
  out.RawVarint(import - 1);
  out.RawVarint(headers.row);
  records_.append(key);
  out.RawVarint(value.size());
  records_.append(value);
  ++count_;
  if (records_.size() >= kBlockBytes) Close();
}

void BlockBuilder::Close() {
  if (count_ == 0) return;
  Block& block = blocks_.emplace_back();
  block.count = count_;
  block.bytes.reserve(records_.size() + 64);
  block.bytes.push_back(kVersion);
  base::WireWriter out(block.bytes);
  out.RawVarint(count_);
  out.RawVarint(imports_.size());
  for (const std::string& import : imports_) {
    out.RawVarint(import.size());
    block.bytes.append(import);
  }
  block.bytes.append(records_);
  records_.clear();
  imports_.clear();
  count_ = 0;
}

std::vector<BlockBuilder::Block> BlockBuilder::Finish() {
  Close();
  return std::move(blocks_);
}

bool ReadBlock(std::string_view bytes, uint64_t base_offset, uint64_t from, size_t records_max,
               stream::RecordBatch& batch) {
  Cursor in(bytes);
  uint64_t count = 0;
  std::vector<std::string_view> imports;
  if (!ReadPrologue(in, count, imports)) return false;
  for (uint64_t i = 0; i < count && batch.records.size() < records_max; ++i) {
    uint8_t kind = 0;
    uint64_t import = 0;
    uint64_t length = 0;
    stream::Record record;
    record.offset = base_offset + i;
    if (!in.Byte(kind) || !in.Varint(import) || import >= imports.size() ||
        !in.Varint(record.headers.row) ||
        ((kind & kHasKey) != 0 && !in.Take(kKeyBytes, record.key)) || !in.Varint(length) ||
        !in.Take(length, record.value)) {
      return false;
    }
    if (record.offset < from) continue;
    record.headers.kind = static_cast<stream::RecordKind>(kind & ~kHasKey);
    record.headers.import_id = imports[import];
    batch.records.push_back(record);
    batch.next_offset = record.offset + 1;
  }
  return true;
}

uint32_t BlockCount(std::string_view bytes) {
  Cursor in(bytes);
  uint64_t count = 0;
  std::vector<std::string_view> imports;
  return ReadPrologue(in, count, imports) ? static_cast<uint32_t>(count) : 0;
}

}  // namespace sluice::embedded
