#include "common/formats/text_window.h"

#include <simdjson.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "common/base/check.h"
#include "common/base/status.h"
#include "common/formats/stateful_decoder.h"
#include "common/formats/utf8_lines.h"

namespace sluice::formats {
namespace {

// Bytes of the source decoded in one go. Small enough that they are still in the cache when the
// rows are split, large enough that a call to the source costs nothing.
constexpr size_t kUtf8PieceBytes = size_t{256} * 1024;
constexpr size_t kOtherPieceBytes = size_t{64} * 1024;
constexpr size_t kLongestCharacter = 8;

// Bytes that wait for what comes after them: a character, a stretch that is not ASCII, or a line.
size_t LongestCarry(Encoding encoding) {
  if (IsStateful(encoding)) return kLongestStretch;
  return TellsUtf8Lines(encoding) ? kLongestForeignLine : kLongestCharacter;
}

}  // namespace

TextWindow::TextWindow(std::unique_ptr<base::ByteSource> source, Encoding encoding,
                       size_t keep_bytes)
    : source_(std::move(source)),
      encoding_(encoding),
      capacity_(keep_bytes + kDecodedBytesPerByte * (kUtf8PieceBytes + LongestCarry(encoding))),
      decoder_(MakeTextDecoder(encoding)),
      buffer_(new char[capacity_ + kWindowPadding]) {}

absl::Status TextWindow::Restart(uint64_t source_offset, uint64_t skip_bytes) {
  SLUICE_RETURN_IF_ERROR(FindLineStart(source_offset));
  begin_ = end_ = 0;
  consumed_ = 0;
  source_offset_ = source_offset;
  carry_.clear();
  ended_ = false;
  pieces_.clear();
  replaced_.Clear();
  foreign_.Clear();
  while (skip_bytes > 0) {
    if (size() == 0) {
      if (ended_) return absl::InvalidArgumentError("the checkpoint lies past the end of the file");
      SLUICE_RETURN_IF_ERROR(Fill());
    }
    const uint64_t dropped = std::min<uint64_t>(skip_bytes, size());
    Consume(dropped);
    skip_bytes -= dropped;
  }
  return absl::OkStatus();
}

absl::Status TextWindow::FindLineStart(uint64_t source_offset) {
  inside_line_ = false;
  if (source_offset == 0 || !TellsUtf8Lines(encoding_)) return source_->Seek(source_offset);
  SLUICE_RETURN_IF_ERROR(source_->Seek(source_offset - 1));
  char before = 0;
  SLUICE_ASSIGN_OR_RETURN(const size_t got, ReadFully(&before, 1));
  inside_line_ = got == 1 && before != '\n';
  return absl::OkStatus();
}

absl::Status TextWindow::Fill() {
  if (ended_) return absl::OkStatus();
  const size_t kept = size();
  if (begin_ > 0) {
    std::memmove(buffer_.get(), data(), kept);
    begin_ = 0;
    end_ = kept;
  }
  SLUICE_CHECK(
      capacity_ - end_ >= kDecodedBytesPerByte * (kUtf8PieceBytes + LongestCarry(encoding_)),
      "a window was filled before it was read");
  ForgetPieces();
  SLUICE_RETURN_IF_ERROR(encoding_ == Encoding::kUtf8 ? FillUtf8() : FillDecoded());
  std::memset(buffer_.get() + end_, 0, kWindowPadding);
  return absl::OkStatus();
}

absl::StatusOr<size_t> TextWindow::ReadFully(char* to, size_t count) {
  size_t total = 0;
  while (total < count) {
    auto got = source_->Read(to + total, count - total);
    if (!got.ok()) return got.status();
    if (*got == 0) {
      ended_ = true;
      break;
    }
    total += *got;
  }
  return total;
}

absl::Status TextWindow::FillUtf8() {
  char* const to = buffer_.get() + end_;
  std::memcpy(to, carry_.data(), carry_.size());
  SLUICE_ASSIGN_OR_RETURN(const size_t got, ReadFully(to + carry_.size(), kUtf8PieceBytes));
  const size_t size = carry_.size() + got;
  const size_t rest = ended_ ? 0 : UnfinishedUtf8Tail({to, size});
  if (!simdjson::validate_utf8(to, size - rest)) {
    raw_.assign(to, to + size);
    Decode(size);
    return absl::OkStatus();
  }
  pieces_.push_back({consumed_ + end_, source_offset_, true});
  end_ += size - rest;
  source_offset_ += size - rest;
  carry_.assign(to + size - rest, rest);
  return absl::OkStatus();
}

absl::Status TextWindow::FillDecoded() {
  if (raw_.empty()) raw_.resize(LongestCarry(encoding_) + kOtherPieceBytes);
  std::memcpy(raw_.data(), carry_.data(), carry_.size());
  SLUICE_ASSIGN_OR_RETURN(const size_t got,
                          ReadFully(raw_.data() + carry_.size(), kOtherPieceBytes));
  Decode(carry_.size() + got);
  return absl::OkStatus();
}

void TextWindow::Decode(size_t size) {
  pieces_.push_back({consumed_ + end_, source_offset_, false});
  const std::string_view in(raw_.data(), size);
  const size_t taken = TellsUtf8Lines(encoding_) ? DecodeLines(in) : DecodePart(in, ended_);
  source_offset_ += taken;
  carry_.assign(in.substr(taken));
  SLUICE_CHECK(carry_.size() <= LongestCarry(encoding_), "a character is longer than any can be");
}

size_t TextWindow::DecodePart(std::string_view in, bool last) {
  replaced_scratch_.clear();
  const auto result = decoder_->Decode(in, last, buffer_.get() + end_, replaced_scratch_);
  for (const size_t at : replaced_scratch_) replaced_.Add(consumed_ + end_ + at);
  end_ += result.written;
  return result.consumed;
}

void TextWindow::CopyForeign(std::string_view lines) {
  std::memcpy(buffer_.get() + end_, lines.data(), lines.size());
  // Rows may end in a carriage return alone, and then a line holds several: each is marked where it
  // stops being ASCII.
  for (size_t at = 0; at < lines.size();) {
    const auto high = std::find_if(lines.begin() + static_cast<ptrdiff_t>(at), lines.end(),
                                   [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
    if (high == lines.end()) break;
    at = static_cast<size_t>(high - lines.begin());
    foreign_.Add(consumed_ + end_ + at);
    at = std::min(lines.find_first_of("\r\n", at), lines.size() - 1) + 1;
  }
  end_ += lines.size();
}

// Whether a line is looked at must not depend on where reading began: one that may still be short
// enough waits for its end, and the rest of one that was too long is none.
size_t TextWindow::DecodeLines(std::string_view in) {
  if (!ended_) {
    const size_t after_feed = in.rfind('\n') + 1;
    if (in.size() - after_feed <= kLongestForeignLine) in = in.substr(0, after_feed);
  }
  size_t at = 0;
  size_t from = inside_line_ ? std::min(in.find('\n'), in.size() - 1) + 1 : 0;
  while (true) {
    const LineRange lines = FindUtf8Lines(in, from, encoding_);
    if (lines.begin == lines.end) break;
    DecodePart(in.substr(at, lines.begin - at), true);
    CopyForeign(in.substr(lines.begin, lines.end - lines.begin));
    at = from = lines.end;
  }
  inside_line_ = !in.ends_with('\n') && (inside_line_ || !in.empty());
  return at + DecodePart(in.substr(at), ended_ || in.ends_with('\n'));
}

void TextWindow::ForgetPieces() {
  const auto first_after =
      std::upper_bound(pieces_.begin(), pieces_.end(), consumed_,
                       [](uint64_t at, const Piece& piece) { return at < piece.text_offset; });
  if (first_after - pieces_.begin() > 1) pieces_.erase(pieces_.begin(), first_after - 1);
  replaced_.Forget();
  foreign_.Forget();
}

void TextWindow::Consume(size_t bytes) {
  SLUICE_CHECK(bytes <= size(), "more text consumed than there is");
  begin_ += bytes;
  consumed_ += bytes;
}

Checkpoint TextWindow::PositionAt(size_t at) const {
  const uint64_t text = consumed_ + at;
  if (text == consumed_ + size()) return {.source_offset = source_offset_};
  const auto after =
      std::upper_bound(pieces_.begin(), pieces_.end(), text,
                       [](uint64_t offset, const Piece& p) { return offset < p.text_offset; });
  const Piece& piece = *std::prev(after);
  const uint64_t inside = text - piece.text_offset;
  if (piece.same) return {.source_offset = piece.source_offset + inside};
  return {.source_offset = piece.source_offset, .skip_bytes = inside};
}

bool TextWindow::Replaced(size_t from, size_t to) {
  return replaced_.Any(consumed_ + from, consumed_ + to);
}

bool TextWindow::Foreign(size_t from, size_t to) {
  return foreign_.Any(consumed_ + from, consumed_ + to);
}

}  // namespace sluice::formats
