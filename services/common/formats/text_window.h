// The decoded text of a source, a window at a time, and where each byte of it came from.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "common/base/byte_source.h"
#include "common/formats/row_reader.h"
#include "common/formats/source_shape.h"
#include "common/formats/text_decoder.h"
#include "common/formats/text_marks.h"

namespace sluice::formats {

// Bytes that may be read (not written) past the end of the window, for SIMD loads.
inline constexpr size_t kWindowPadding = 64;

// The text between data() and data() + size() is UTF-8 and whole characters. Its bytes may be
// changed in place by the reader before it consumes them. Memory: about four megabytes at the
// default row limit. Thread-compatible.
class TextWindow {
 public:
  // Fill() may be called while at most `keep_bytes` of text are not consumed.
  TextWindow(std::unique_ptr<base::ByteSource> source, Encoding encoding, size_t keep_bytes);

  // Goes on at a place PositionAt() has told; `skip_bytes` of text are dropped.
  absl::Status Restart(uint64_t source_offset, uint64_t skip_bytes);

  // Reads on; what is not consumed moves, so views into the window end here.
  absl::Status Fill();

  char* data() { return buffer_.get() + begin_; }
  const char* data() const { return buffer_.get() + begin_; }
  size_t size() const { return end_ - begin_; }
  // True when the text in the window is the last.
  bool ended() const { return ended_; }
  void Consume(size_t bytes);

  // Where the text at data() + `at` comes from; `row` is left 0. `at` is a character border.
  Checkpoint PositionAt(size_t at) const;
  // True when a byte of data()[from, to) stands for wrong bytes of the source. Calls ascend: what
  // is before `from` is forgotten.
  bool Replaced(size_t from, size_t to);
  // As Replaced: true when text of data()[from, to) was read as UTF-8, which the rest of the file
  // is not (utf8_lines.h).
  bool Foreign(size_t from, size_t to);

 private:
  // Text that was decoded in one go.
  struct Piece {
    uint64_t text_offset;    // where its text starts, in bytes since Restart
    uint64_t source_offset;  // where its bytes start
    bool same;               // the text is the bytes
  };

  absl::StatusOr<size_t> ReadFully(char* to, size_t count);
  absl::Status FillUtf8();
  absl::Status FillDecoded();
  // Decodes raw_[0, size) to the end of the window, and keeps the unfinished rest in carry_.
  void Decode(size_t size);
  // Decodes to the end of the window; the bytes that were taken.
  size_t DecodePart(std::string_view in, bool last);
  // As DecodePart, of lines that may be UTF-8. Takes whole lines but where one is too long.
  size_t DecodeLines(std::string_view in);
  absl::Status FindLineStart(uint64_t source_offset);
  void ForgetPieces();

  const std::unique_ptr<base::ByteSource> source_;
  const Encoding encoding_;
  const size_t capacity_;
  const std::unique_ptr<TextDecoder> decoder_;
  const std::unique_ptr<char[]> buffer_;
  size_t begin_ = 0;
  size_t end_ = 0;
  uint64_t consumed_ = 0;       // text before begin_, since Restart
  uint64_t source_offset_ = 0;  // of the first byte that is not decoded yet
  std::string carry_;           // bytes read but not decoded: an unfinished character
  bool ended_ = false;
  std::vector<Piece> pieces_;
  std::vector<char> raw_;
  std::vector<size_t> replaced_scratch_;
  // Text offsets since Restart.
  TextMarks replaced_;
  TextMarks foreign_;
  // What is decoded next begins inside a line.
  bool inside_line_ = false;
};

}  // namespace sluice::formats
