#include "tests/fuzz/workbook_reads.h"

#include <simdjson.h>

#include "common/base/byte_source.h"
#include "common/base/check.h"
#include "common/spreadsheet/open_workbook.h"
#include "common/spreadsheet/refusal.h"

namespace sluice::spreadsheet {
namespace {

bool IsUtf8(std::string_view text) {
  return simdjson::validate_utf8(text.data(), text.size());
}

void CheckRow(const Row& row) {
  SLUICE_CHECK(!row.cells.empty(), "a row without cells");
  int64_t last = -1;
  for (const Cell& cell : row.cells) {
    SLUICE_CHECK(cell.column > last, "columns out of order");
    last = cell.column;
    SLUICE_CHECK(!cell.value.empty(), "a cell without a value");
    SLUICE_CHECK(IsUtf8(cell.value) && IsUtf8(cell.text), "a cell that is no UTF-8");
    const bool bare = cell.type == CellType::kNumber || cell.type == CellType::kDuration;
    if (!bare) continue;
    for (const char c : cell.value) {
      SLUICE_CHECK(std::string_view("0123456789.-+e").find(c) != std::string_view::npos,
                   "a number that JSON does not have");
    }
  }
}

void CheckRefusal(const absl::Status& status) {
  SLUICE_CHECK(absl::IsInvalidArgument(status) && !RefusalCode(status).empty(),
               "a refusal without a reason");
}

uint32_t Crc32(std::string_view bytes) {
  uint32_t crc = 0xFFFFFFFF;
  for (const char c : bytes) {
    crc ^= static_cast<unsigned char>(c);
    for (int i = 0; i < 8; ++i) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0xEDB88320 : 0);
  }
  return ~crc;
}

void Put(uint64_t value, int bytes, std::string& out) {
  for (int i = 0; i < bytes; ++i) out += i < 8 ? static_cast<char>(value >> (8 * i)) : '\0';
}

}  // namespace

void ReadWorkbook(std::string_view bytes) {
  Limits limits;
  limits.free_bytes = uint64_t{1} << 20;
  limits.given_free_bytes = uint64_t{1} << 20;
  limits.strings_in_memory = 64 * 1024;
  auto workbook = OpenWorkbook(std::make_unique<base::MemoryByteSource>(bytes), limits);
  if (!workbook.ok()) {
    CheckRefusal(workbook.status());
    return;
  }
  SLUICE_CHECK(!(*workbook)->sheets().empty(), "a workbook without sheets");
  for (size_t i = 0; i < (*workbook)->sheets().size() && i < 8; ++i) {
    auto sheet = (*workbook)->OpenSheet(i);
    if (!sheet.ok()) {
      CheckRefusal(sheet.status());
      continue;
    }
    Row row;
    int64_t last = -1;
    while (true) {
      const auto more = (*sheet)->Next(row);
      if (!more.ok()) CheckRefusal(more.status());
      if (!more.ok() || !*more) break;
      SLUICE_CHECK(row.row > last, "rows out of order");
      last = row.row;
      CheckRow(row);
    }
  }
}

std::string StoredZip(const std::vector<std::pair<std::string, std::string_view>>& parts) {
  std::string zip;
  std::string list;
  for (const auto& [name, bytes] : parts) {
    std::string common;
    Put(20, 2, common);  // Version; then flags, method, time and date.
    Put(0, 8, common);
    Put(Crc32(bytes), 4, common);
    Put(bytes.size(), 4, common);
    Put(bytes.size(), 4, common);
    Put(name.size(), 2, common);
    Put(0, 2, common);
    list += "PK\x01\x02";
    Put(20, 2, list);
    list += common;
    Put(0, 10, list);
    Put(zip.size(), 4, list);
    list += name;
    zip += "PK\x03\x04" + common + name;
    zip += bytes;
  }
  const size_t place = zip.size();
  zip += list + "PK\x05\x06";
  Put(0, 4, zip);
  Put(parts.size(), 2, zip);
  Put(parts.size(), 2, zip);
  Put(list.size(), 4, zip);
  Put(place, 4, zip);
  Put(0, 2, zip);
  return zip;
}

std::vector<std::string_view> Pieces(std::string_view data, size_t most) {
  std::vector<std::string_view> pieces;
  while (pieces.size() + 1 < most && data.find('\0') != std::string_view::npos) {
    pieces.push_back(data.substr(0, data.find('\0')));
    data.remove_prefix(pieces.back().size() + 1);
  }
  pieces.push_back(data);
  pieces.resize(most);
  return pieces;
}

}  // namespace sluice::spreadsheet
