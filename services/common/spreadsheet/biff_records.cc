#include "common/spreadsheet/biff_records.h"

#include <unicode/ustring.h>

#include <algorithm>
#include <cstring>

#include "common/base/status.h"
#include "common/spreadsheet/little_endian.h"
#include "common/spreadsheet/refusal.h"

namespace sluice::spreadsheet {
namespace {

constexpr size_t kHeaderBytes = 4;
constexpr size_t kBlock = 2 * 65536 + 16;

void AppendUtf8(const std::u16string& units, std::string& out) {
  const auto length = static_cast<int32_t>(units.size());
  std::string text(units.size() * 3, '\0');
  int32_t written = 0;
  UErrorCode error = U_ZERO_ERROR;
  u_strToUTF8WithSub(text.data(), static_cast<int32_t>(text.size()), &written, units.data(), length,
                     0xFFFD, nullptr, &error);
  out.append(text.data(), static_cast<size_t>(written));
}

}  // namespace

BiffRecords::BiffRecords(std::unique_ptr<SeekableStream> stream)
    : stream_(std::move(stream)), buffer_(kBlock) {}

void BiffRecords::Seek(uint64_t offset) {
  stream_->Seek(offset);
  at_ = 0;
  end_ = 0;
}

absl::StatusOr<bool> BiffRecords::Ensure(size_t count) {
  if (end_ - at_ >= count) return true;
  std::memmove(buffer_.data(), buffer_.data() + at_, end_ - at_);
  end_ -= at_;
  at_ = 0;
  while (end_ < count) {
    SLUICE_ASSIGN_OR_RETURN(const size_t got,
                            stream_->Read(buffer_.data() + end_, buffer_.size() - end_));
    if (got == 0) return false;
    end_ += got;
  }
  return true;
}

absl::StatusOr<bool> BiffRecords::Next() {
  SLUICE_ASSIGN_OR_RETURN(const bool header, Ensure(kHeaderBytes));
  if (!header) return false;
  const std::string_view bytes(buffer_.data() + at_, kHeaderBytes);
  type_ = U16(bytes, 0);
  const size_t length = U16(bytes, 2);
  SLUICE_ASSIGN_OR_RETURN(const bool whole, Ensure(kHeaderBytes + length));
  if (!whole) return Refuse(Refusal::kCorrupt, "the workbook is cut off inside a record");
  data_.assign(buffer_.data() + at_ + kHeaderBytes, length);
  at_ += kHeaderBytes + length;
  return true;
}

absl::StatusOr<bool> BiffRecords::IsContinued() {
  SLUICE_ASSIGN_OR_RETURN(const bool header, Ensure(kHeaderBytes));
  return header && U16(std::string_view(buffer_.data() + at_, 2), 0) == biff::kContinue;
}

bool BiffText::Advance() {
  while (at_ >= records_.data().size()) {
    const auto continued = records_.IsContinued();
    if (!continued.ok()) {
      status_ = continued.status();
      return false;
    }
    if (!*continued) return false;
    const auto next = records_.Next();
    if (!next.ok()) {
      status_ = next.status();
      return false;
    }
    at_ = 0;
  }
  return true;
}

bool BiffText::ReadNumber(size_t bytes, uint32_t& value) {
  value = 0;
  for (size_t i = 0; i < bytes; ++i) {
    if (!Advance()) return false;
    value |= static_cast<uint32_t>(U8(records_.data(), at_++)) << (8 * i);
  }
  return true;
}

bool BiffText::Skip(uint64_t bytes) {
  while (bytes > 0) {
    if (!Advance()) return false;
    const uint64_t there = std::min<uint64_t>(bytes, records_.data().size() - at_);
    at_ += static_cast<size_t>(there);
    bytes -= there;
  }
  return true;
}

bool BiffText::ReadBytes(uint32_t count, std::string& out) {
  while (count > 0) {
    if (!Advance()) return false;
    const size_t there = std::min<size_t>(count, records_.data().size() - at_);
    out.append(records_.data().substr(at_, there));
    at_ += there;
    count -= static_cast<uint32_t>(there);
  }
  return true;
}

bool BiffText::ReadCharacters(uint32_t count, bool wide, std::u16string& units) {
  while (count > 0) {
    if (at_ >= records_.data().size()) {
      // Characters that run on begin with flags of their own: they may be wide from here on.
      uint32_t flags = 0;
      if (!Advance() || !ReadNumber(1, flags)) return false;
      wide = (flags & 1) != 0;
      continue;
    }
    const std::string_view data = records_.data();
    if (wide && at_ + 1 >= data.size()) return false;
    units += static_cast<char16_t>(wide ? U16(data, at_) : U8(data, at_));
    at_ += wide ? 2 : 1;
    --count;
  }
  return true;
}

bool BiffText::ReadUnicode(uint32_t characters, std::string& out) {
  constexpr uint32_t kWide = 1;
  constexpr uint32_t kPhonetic = 4;
  constexpr uint32_t kRich = 8;
  uint32_t flags = 0;
  uint32_t runs = 0;
  uint32_t phonetic = 0;
  if (!ReadNumber(1, flags)) return characters == 0 && status_.ok();
  if ((flags & kRich) != 0 && !ReadNumber(2, runs)) return false;
  if ((flags & kPhonetic) != 0 && !ReadNumber(4, phonetic)) return false;
  std::u16string units;
  const bool whole = ReadCharacters(characters, (flags & kWide) != 0, units);
  AppendUtf8(units, out);
  return whole && Skip(uint64_t{runs} * 4 + phonetic);
}

}  // namespace sluice::spreadsheet
