// Turns the bytes of one encoding into UTF-8, a piece at a time. Bytes that are not of the encoding
// become U+FFFD, and where that happened is told.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/formats/source_shape.h"

namespace sluice::formats {

// UTF-8 bytes that one byte of input can become at most.
inline constexpr size_t kDecodedBytesPerByte = 3;

// Stateless between calls, so decoding can begin at any border it reports. Thread-compatible.
class TextDecoder {
 public:
  virtual ~TextDecoder() = default;

  struct Result {
    size_t consumed = 0;  // bytes of whole characters; the rest belongs before the next piece
    size_t written = 0;
  };
  // Decodes `in` into `out`, which has room for kDecodedBytesPerByte * in.size(). `last`: nothing
  // follows, so an unfinished character is wrong. Appends to `replaced` the offset in `out` of each
  // U+FFFD that stands for wrong bytes.
  virtual Result Decode(std::string_view in, bool last, char* out,
                        std::vector<size_t>& replaced) = 0;
};

std::unique_ptr<TextDecoder> MakeTextDecoder(Encoding encoding);

// A sample decoded as a whole.
struct DecodedText {
  std::string text;
  std::vector<size_t> replaced;
};
// `whole`: nothing follows the sample; else an unfinished character at its end is left out.
DecodedText DecodeSample(Encoding encoding, std::string_view bytes, bool whole);

// Number of bytes at the end of `bytes` that begin a UTF-8 character but do not finish it (0 to 3).
size_t UnfinishedUtf8Tail(std::string_view bytes);

}  // namespace sluice::formats
