// The records of a BIFF stream ([MS-XLS] 2.1.4), and the data that runs on over several of them.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/spreadsheet/byte_stream.h"

namespace sluice::spreadsheet {

// Record numbers.
namespace biff {
inline constexpr uint16_t kFormula = 0x0006;
inline constexpr uint16_t kEnd = 0x000A;
inline constexpr uint16_t kDateMode = 0x0022;
inline constexpr uint16_t kFilePass = 0x002F;
inline constexpr uint16_t kContinue = 0x003C;
inline constexpr uint16_t kCodePage = 0x0042;
inline constexpr uint16_t kFont = 0x0031;
inline constexpr uint16_t kSheet = 0x0085;
inline constexpr uint16_t kManyNumbers = 0x00BD;
inline constexpr uint16_t kRichLabel = 0x00D6;
inline constexpr uint16_t kStyle = 0x00E0;
inline constexpr uint16_t kStrings = 0x00FC;
inline constexpr uint16_t kSharedLabel = 0x00FD;
inline constexpr uint16_t kNumber = 0x0203;
inline constexpr uint16_t kLabel = 0x0204;
inline constexpr uint16_t kBoolean = 0x0205;
inline constexpr uint16_t kString = 0x0207;
inline constexpr uint16_t kRow = 0x0208;
inline constexpr uint16_t kShortNumber = 0x027E;
inline constexpr uint16_t kFormat = 0x041E;
inline constexpr uint16_t kBegin = 0x0809;
}  // namespace biff

// Thread-compatible.
class BiffRecords {
 public:
  explicit BiffRecords(std::unique_ptr<SeekableStream> stream);

  // The next record; false at the end of the stream. Refused when it is cut off inside a record.
  absl::StatusOr<bool> Next();
  uint16_t type() const { return type_; }
  std::string_view data() const { return data_; }
  // True when the record after this one goes on with it.
  absl::StatusOr<bool> IsContinued();
  // Goes on at this place in the stream.
  void Seek(uint64_t offset);

 private:
  // At least `count` bytes are in the buffer, unless the stream ends.
  absl::StatusOr<bool> Ensure(size_t count);

  const std::unique_ptr<SeekableStream> stream_;
  std::vector<char> buffer_;
  size_t at_ = 0;
  size_t end_ = 0;
  uint16_t type_ = 0;
  std::string data_;
};

// Reads strings and numbers from a record and those that continue it. Thread-compatible.
class BiffText {
 public:
  // Begins at `from` in the data of the current record. `encoding` is for strings without Unicode.
  BiffText(BiffRecords& records, size_t from) : records_(records), at_(from) {}

  // False at the end of the data or after an error, which is in status().
  bool ReadNumber(size_t bytes, uint32_t& value);
  bool Skip(uint64_t bytes);
  // A string of BIFF 8: flags, then characters, then what follows them of rich and phonetic text.
  // Appends UTF-8.
  bool ReadUnicode(uint32_t characters, std::string& out);
  // Bytes as they are.
  bool ReadBytes(uint32_t count, std::string& out);
  const absl::Status& status() const { return status_; }

 private:
  // There are bytes at hand; goes on to the next record when it must.
  bool Advance();
  bool ReadCharacters(uint32_t count, bool wide, std::u16string& units);

  BiffRecords& records_;
  size_t at_;
  absl::Status status_;
};

}  // namespace sluice::spreadsheet
