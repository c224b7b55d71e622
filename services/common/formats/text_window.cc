#include "common/formats/text_window.h"

#include <simdjson.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "common/base/check.h"
#include "common/base/status.h"
#include "common/formats/stateful_decoder.h"

namespace sluice::formats {
namespace {

// Bytes of the source decoded in one go. Small enough that they are still in the cache when the
// rows are split, large enough that a call to the source costs nothing.
constexpr size_t kUtf8PieceBytes = size_t{256} * 1024;
constexpr size_t kOtherPieceBytes = size_t{64} * 1024;
constexpr size_t kLongestCharacter = 8;

// Bytes that wait for what comes after them: a character, or a stretch that is not ASCII.
size_t LongestCarry(Encoding encoding) {
  return IsStateful(encoding) ? kLongestStretch : kLongestCharacter;
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
  SLUICE_RETURN_IF_ERROR(source_->Seek(source_offset));
  begin_ = end_ = 0;
  consumed_ = 0;
  source_offset_ = source_offset;
  carry_.clear();
  ended_ = false;
  pieces_.clear();
  replaced_.clear();
  next_replaced_ = 0;
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
  replaced_scratch_.clear();
  const auto result =
      decoder_->Decode({raw_.data(), size}, ended_, buffer_.get() + end_, replaced_scratch_);
  for (const size_t at : replaced_scratch_) replaced_.push_back(consumed_ + end_ + at);
  end_ += result.written;
  source_offset_ += result.consumed;
  carry_.assign(raw_.data() + result.consumed, size - result.consumed);
  SLUICE_CHECK(carry_.size() <= LongestCarry(encoding_), "a character is longer than any can be");
}

void TextWindow::ForgetPieces() {
  const auto first_after =
      std::upper_bound(pieces_.begin(), pieces_.end(), consumed_,
                       [](uint64_t at, const Piece& piece) { return at < piece.text_offset; });
  if (first_after - pieces_.begin() > 1) pieces_.erase(pieces_.begin(), first_after - 1);
  replaced_.erase(replaced_.begin(), replaced_.begin() + static_cast<ptrdiff_t>(next_replaced_));
  next_replaced_ = 0;
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
  if (replaced_.empty()) return false;
  while (next_replaced_ < replaced_.size() && replaced_[next_replaced_] < consumed_ + from) {
    ++next_replaced_;
  }
  return next_replaced_ < replaced_.size() && replaced_[next_replaced_] < consumed_ + to;
}

}  // namespace sluice::formats
