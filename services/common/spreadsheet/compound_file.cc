#include "common/spreadsheet/compound_file.h"

#include <algorithm>
#include <cstring>

#include "common/base/status.h"
#include "common/spreadsheet/little_endian.h"
#include "common/spreadsheet/refusal.h"

namespace sluice::spreadsheet {
namespace {

constexpr uint32_t kLastSector = 0xFFFFFFFA;
constexpr size_t kHeaderBytes = 512;
constexpr size_t kEntryBytes = 128;
constexpr size_t kTableInHeader = 109;
constexpr size_t kEntriesMax = 100'000;

absl::Status Damaged(std::string_view what) {
  return Refuse(Refusal::kCorrupt,
                std::string("the compound file is damaged: ") + std::string(what));
}

std::string NameOf(std::string_view entry) {
  size_t units = U16(entry, 64) / 2;
  if (units > 0) --units;
  std::string name;
  for (size_t i = 0; i < std::min<size_t>(units, 31); ++i) {
    const uint16_t unit = U16(entry, 2 * i);
    // Names that matter are ASCII.
    name += unit < 0x80 ? static_cast<char>(unit) : '?';
  }
  return name;
}

bool EqualsIgnoringCase(std::string_view left, std::string_view right) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [&](char a, char b) { return lower(a) == lower(b); });
}

}  // namespace

// Reads along a chain of sectors, or of small ones inside the sectors of all small streams.
class CompoundFile::Stream : public SeekableStream {
 public:
  Stream(CompoundFile& file, std::vector<uint32_t> sectors, uint64_t size, bool mini)
      : file_(file), sectors_(std::move(sectors)), size_(size), mini_(mini) {}

  void Seek(uint64_t offset) override { at_ = offset; }

  absl::StatusOr<size_t> Read(char* buffer, size_t count) override {
    if (at_ >= size_) return size_t{0};
    const unsigned shift = mini_ ? file_.mini_shift_ : file_.sector_shift_;
    const uint64_t number = at_ >> shift;
    const uint64_t inside = at_ & ((uint64_t{1} << shift) - 1);
    if (number >= sectors_.size()) return Damaged("a stream is cut off");
    uint64_t run = 1;
    // Neighbours are read at once.
    while (!mini_ && number + run < sectors_.size() && run < 128 &&
           sectors_[number + run] == sectors_[number] + run) {
      ++run;
    }
    const uint64_t there = std::min((run << shift) - inside, size_ - at_);
    count = static_cast<size_t>(std::min<uint64_t>(count, there));
    uint64_t offset = 0;
    if (mini_) {
      const uint64_t place = (uint64_t{sectors_[number]} << shift) + inside;
      const uint64_t holder = place >> file_.sector_shift_;
      if (holder >= file_.mini_sectors_.size()) return Damaged("a small stream is cut off");
      offset = file_.OffsetOf(file_.mini_sectors_[holder]) +
               (place & ((uint64_t{1} << file_.sector_shift_) - 1));
    } else {
      offset = file_.OffsetOf(sectors_[number]) + inside;
    }
    SLUICE_ASSIGN_OR_RETURN(const std::string bytes, file_.ReadAt(offset, count));
    if (bytes.empty()) return Damaged("a stream is cut off");
    std::memcpy(buffer, bytes.data(), bytes.size());
    at_ += bytes.size();
    return bytes.size();
  }

 private:
  CompoundFile& file_;
  const std::vector<uint32_t> sectors_;
  const uint64_t size_;
  const bool mini_;
  uint64_t at_ = 0;
};

absl::StatusOr<std::unique_ptr<CompoundFile>> CompoundFile::Open(
    std::unique_ptr<base::ByteSource> source) {
  std::unique_ptr<CompoundFile> file(new CompoundFile(std::move(source)));
  SLUICE_RETURN_IF_ERROR(file->ReadHeader());
  return file;
}

absl::StatusOr<std::string> CompoundFile::ReadAt(uint64_t offset, size_t count) {
  if (offset >= source_->size()) return std::string();
  SLUICE_RETURN_IF_ERROR(source_->Seek(offset));
  std::string bytes(count, '\0');
  size_t filled = 0;
  while (filled < count) {
    SLUICE_ASSIGN_OR_RETURN(const size_t got, source_->Read(bytes.data() + filled, count - filled));
    if (got == 0) break;
    filled += got;
  }
  bytes.resize(filled);
  return bytes;
}

absl::StatusOr<std::string> CompoundFile::ReadSector(uint32_t sector) {
  const size_t size = size_t{1} << sector_shift_;
  SLUICE_ASSIGN_OR_RETURN(std::string bytes, ReadAt(OffsetOf(sector), size));
  if (bytes.empty()) return Damaged("a sector lies beyond its end");
  // The last sector of a file is often short.
  bytes.resize(size, '\0');
  return bytes;
}

absl::Status CompoundFile::ReadHeader() {
  SLUICE_ASSIGN_OR_RETURN(const std::string header, ReadAt(0, kHeaderBytes));
  if (header.size() < kHeaderBytes) return Damaged("it is cut off");
  sector_shift_ = U16(header, 30);
  mini_shift_ = U16(header, 32);
  if (sector_shift_ < 7 || sector_shift_ > 16 || mini_shift_ >= sector_shift_ || mini_shift_ < 4) {
    return Damaged("its sectors have no size");
  }
  mini_below_ = U32(header, 56);
  sectors_ = (source_->size() >> sector_shift_) + 1;
  SLUICE_RETURN_IF_ERROR(ReadTable(header));
  SLUICE_RETURN_IF_ERROR(ReadDirectory(U32(header, 48)));
  return ReadMiniTable(U32(header, 60));
}

absl::Status CompoundFile::ReadTable(std::string_view header) {
  std::vector<uint32_t> parts;
  for (size_t i = 0; i < kTableInHeader; ++i) parts.push_back(U32(header, 76 + 4 * i));
  const size_t in_sector = (size_t{1} << sector_shift_) / 4;
  uint32_t next = U32(header, 68);
  // Each further list of parts is one sector, whose last number is the next list.
  for (uint64_t lists = 0; next < kLastSector && lists < sectors_; ++lists) {
    auto sector = ReadSector(next);
    if (!sector.ok()) break;
    for (size_t i = 0; i + 1 < in_sector; ++i) parts.push_back(U32(*sector, 4 * i));
    next = U32(*sector, 4 * (in_sector - 1));
    if (parts.size() > sectors_ + kTableInHeader + in_sector) break;
  }
  for (const uint32_t part : parts) {
    if (part >= kLastSector) continue;
    if (table_.size() >= sectors_) break;
    auto sector = ReadSector(part);
    if (!sector.ok()) {
      if (spreadsheet::RefusalCode(sector.status()).empty()) return sector.status();
      return Damaged("its table of sectors is cut off");
    }
    for (size_t i = 0; i < in_sector; ++i) table_.push_back(U32(*sector, 4 * i));
  }
  if (table_.empty()) return Damaged("it has no table of sectors");
  return absl::OkStatus();
}

absl::StatusOr<std::vector<uint32_t>> CompoundFile::Chain(uint32_t first,
                                                          const std::vector<uint32_t>& table,
                                                          uint64_t most) const {
  std::vector<uint32_t> chain;
  for (uint32_t at = first; at < kLastSector && chain.size() < most;) {
    if (chain.size() > table.size()) return Damaged("a chain of sectors runs in a circle");
    chain.push_back(at);
    // A chain may end without saying so; what is missing shows when it is read.
    if (at >= table.size()) break;
    at = table[at];
  }
  return chain;
}

absl::Status CompoundFile::ReadDirectory(uint32_t first) {
  SLUICE_ASSIGN_OR_RETURN(const std::vector<uint32_t> chain,
                          Chain(first, table_, kEntriesMax * kEntryBytes >> sector_shift_));
  for (const uint32_t number : chain) {
    SLUICE_ASSIGN_OR_RETURN(const std::string sector, ReadSector(number));
    for (size_t at = 0; at + kEntryBytes <= sector.size(); at += kEntryBytes) {
      const std::string_view bytes = std::string_view(sector).substr(at, kEntryBytes);
      Entry& entry = entries_.emplace_back();
      entry.kind = static_cast<uint8_t>(bytes[66]);
      entry.name = NameOf(bytes);
      entry.first = U32(bytes, 116);
      entry.size = U32(bytes, 120);
      entry.left = U32(bytes, 68);
      entry.right = U32(bytes, 72);
      entry.child = U32(bytes, 76);
    }
  }
  if (entries_.empty()) return Damaged("it has no directory");
  MarkRoot();
  return absl::OkStatus();
}

void CompoundFile::MarkRoot() {
  std::vector<uint32_t> open = {entries_[0].child};
  while (!open.empty()) {
    const uint32_t number = open.back();
    open.pop_back();
    if (number >= entries_.size() || entries_[number].in_root) continue;
    entries_[number].in_root = true;
    open.push_back(entries_[number].left);
    open.push_back(entries_[number].right);
  }
}

absl::Status CompoundFile::ReadMiniTable(uint32_t first) {
  SLUICE_ASSIGN_OR_RETURN(const std::vector<uint32_t> chain, Chain(first, table_, sectors_));
  for (const uint32_t number : chain) {
    auto sector = ReadSector(number);
    if (!sector.ok()) break;
    for (size_t at = 0; at + 4 <= sector->size(); at += 4) {
      mini_table_.push_back(U32(*sector, at));
    }
  }
  SLUICE_ASSIGN_OR_RETURN(mini_sectors_, Chain(entries_[0].first, table_, sectors_));
  return absl::OkStatus();
}

const CompoundFile::Entry* CompoundFile::Find(std::string_view name) const {
  constexpr uint8_t kStream = 2;
  for (const bool root : {true, false}) {
    for (const Entry& entry : entries_) {
      // A folder whose tree is broken still has its entries.
      if (entry.in_root != root || (!root && entries_.size() > 8)) continue;
      if (entry.kind == kStream && EqualsIgnoringCase(entry.name, name)) return &entry;
    }
  }
  return nullptr;
}

uint64_t CompoundFile::SizeOf(std::string_view name) const {
  const Entry* const entry = Find(name);
  return entry == nullptr ? 0 : entry->size;
}

absl::StatusOr<std::unique_ptr<SeekableStream>> CompoundFile::OpenStream(std::string_view name) {
  const Entry* const entry = Find(name);
  if (entry == nullptr) return absl::NotFoundError("no such stream");
  const bool mini = entry->size < mini_below_;
  const uint64_t most = mini ? mini_table_.size() + 1 : sectors_;
  SLUICE_ASSIGN_OR_RETURN(std::vector<uint32_t> chain,
                          Chain(entry->first, mini ? mini_table_ : table_, most));
  return std::make_unique<Stream>(*this, std::move(chain), entry->size, mini);
}

}  // namespace sluice::spreadsheet
