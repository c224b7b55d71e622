// Encodings: whatever the bytes, each decoder writes UTF-8, says where bytes were not of the
// encoding, and does the same in pieces as in one go; and what is detected is one of them.
#include <simdjson.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/check.h"
#include "common/formats/detect_encoding.h"
#include "common/formats/stateful_decoder.h"
#include "common/formats/text_decoder.h"

namespace sluice::formats {
namespace {

constexpr size_t kEncodings = static_cast<size_t>(Encoding::kWindows874) + 1;
constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

// The text in pieces of at least `most` bytes, what is left over given again with the next.
DecodedText InPieces(Encoding encoding, std::string_view bytes, size_t most) {
  const auto decoder = MakeTextDecoder(encoding);
  DecodedText decoded;
  std::string carry;
  std::vector<char> out;
  std::vector<size_t> replaced;
  for (size_t at = 0; at < bytes.size() || at == 0; at += most) {
    carry += bytes.substr(at, most);
    out.resize(kDecodedBytesPerByte * carry.size() + 1);
    replaced.clear();
    const auto result = decoder->Decode(carry, at + most >= bytes.size(), out.data(), replaced);
    for (const size_t where : replaced) decoded.replaced.push_back(decoded.text.size() + where);
    decoded.text.append(out.data(), result.written);
    carry.erase(0, result.consumed);
    SLUICE_CHECK(carry.size() <= kLongestStretch, "more is left over than may wait");
  }
  SLUICE_CHECK(carry.empty(), "bytes were left over at the end");
  return decoded;
}

void CheckDecoder(Encoding encoding, std::string_view bytes, size_t most) {
  const DecodedText whole = DecodeSample(encoding, bytes, true);
  SLUICE_CHECK(simdjson::validate_utf8(whole.text.data(), whole.text.size()), "not UTF-8");
  size_t last = 0;
  for (const size_t at : whole.replaced) {
    SLUICE_CHECK(at >= last, "places do not ascend");
    SLUICE_CHECK(std::string_view(whole.text).substr(at).starts_with(kReplacement),
                 "nothing was replaced there");
    last = at;
  }
  const DecodedText pieces = InPieces(encoding, bytes, most);
  SLUICE_CHECK(pieces.text == whole.text, "text differs in pieces");
  SLUICE_CHECK(pieces.replaced == whole.replaced, "places differ in pieces");
}

void Fuzz(std::string_view data) {
  if (data.size() < 3) return;
  const auto option = [&](size_t i) { return static_cast<unsigned char>(data[i]); };
  const auto encoding = static_cast<Encoding>(option(0) % kEncodings);
  // A stretch that is stateful waits for its end, up to a length, so pieces are not smaller.
  const size_t least = IsStateful(encoding) ? kLongestStretch : 1;
  const std::string_view bytes = data.substr(3);
  CheckDecoder(encoding, bytes, least + option(1));

  const size_t cut = bytes.size() * option(2) / 256;
  std::vector<Sample> samples = {{bytes.substr(0, cut), 0, cut == bytes.size()}};
  if (cut < bytes.size()) samples.push_back({bytes.substr(cut), cut, true});
  const auto found = DetectEncoding(samples);
  if (found) CheckDecoder(found->encoding, bytes, least + kLongestStretch);
}

}  // namespace
}  // namespace sluice::formats

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  sluice::formats::Fuzz({reinterpret_cast<const char*>(data), size});
  return 0;
}
