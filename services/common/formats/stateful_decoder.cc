#include "common/formats/stateful_decoder.h"

#include <cstring>
#include <string>
#include <utility>

namespace sluice::formats {
namespace {

constexpr char kEscape = '\x1B';
constexpr char kShiftOut = '\x0E';
constexpr char kShiftIn = '\x0F';
// What begins every text in ISO-2022-KR: without it nothing is Korean.
constexpr std::string_view kKoreanHeader = "\x1B$)C";
constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

// Follows the shifts of one encoding; a shift that is cut by the end has not happened.
class ShiftFollower {
 public:
  explicit ShiftFollower(Encoding encoding) : encoding_(encoding) {}

  // The length of the character or shift at the start of `rest`; 0 when it is cut.
  size_t Step(std::string_view rest) {
    if (encoding_ == Encoding::kHz) return StepHz(rest);
    if (rest[0] == kEscape) return StepEscape(rest);
    if (encoding_ == Encoding::kIso2022Kr && rest[0] == kShiftOut) ascii_ = false;
    if (encoding_ == Encoding::kIso2022Kr && rest[0] == kShiftIn) ascii_ = true;
    return 1;
  }
  bool ascii() const { return ascii_; }

 private:
  size_t StepHz(std::string_view rest) {
    if (rest[0] != '~') return 1;
    if (rest.size() < 2) return 0;
    if (rest[1] == '{') ascii_ = false;
    if (rest[1] == '}') ascii_ = true;
    return 2;
  }
  // ESC ( B and ESC ( J are ASCII or as good as that; the others, of 3 or 4 bytes, are not.
  size_t StepEscape(std::string_view rest) {
    if (rest.size() < 3) return 0;
    const bool multi = rest[1] == '$' && (rest[2] == '(' || rest[2] == ')');
    if (multi && rest.size() < 4) return 0;
    if (encoding_ == Encoding::kIso2022Jp)
      ascii_ = rest[1] == '(' && (rest[2] == 'B' || rest[2] == 'J');
    return multi ? 4 : 3;
  }

  const Encoding encoding_;
  bool ascii_ = true;
};

class StatefulDecoder : public TextDecoder {
 public:
  StatefulDecoder(Encoding encoding, std::unique_ptr<TextDecoder> plain)
      : encoding_(encoding), plain_(std::move(plain)) {}

  Result Decode(std::string_view in, bool last, char* out, std::vector<size_t>& replaced) override {
    size_t settled = last ? in.size() : SettledLength(encoding_, in);
    const bool cut = in.size() - settled > kLongestStretch;
    if (cut) settled = in.size();
    piece_.clear();
    if (encoding_ == Encoding::kIso2022Kr) piece_ = kKoreanHeader;
    piece_.append(in.substr(0, settled));
    buffer_.resize(piece_.size() * kDecodedBytesPerByte + kReplacement.size());
    Result result = plain_->Decode(piece_, true, buffer_.data(), replaced);
    if (cut) {
      replaced.push_back(result.written);
      std::memcpy(buffer_.data() + result.written, kReplacement.data(), kReplacement.size());
      result.written += kReplacement.size();
    }
    std::memcpy(out, buffer_.data(), result.written);
    return {.consumed = settled, .written = result.written};
  }

 private:
  const Encoding encoding_;
  const std::unique_ptr<TextDecoder> plain_;
  std::string piece_;
  std::string buffer_;
};

}  // namespace

size_t SettledLength(Encoding encoding, std::string_view bytes) {
  ShiftFollower follower(encoding);
  size_t settled = 0;
  for (size_t at = 0; at < bytes.size();) {
    const size_t length = follower.Step(bytes.substr(at));
    if (length == 0) break;
    at += length;
    if (follower.ascii()) settled = at;
  }
  return settled;
}

std::unique_ptr<TextDecoder> MakeStatefulDecoder(Encoding encoding,
                                                 std::unique_ptr<TextDecoder> plain) {
  return std::make_unique<StatefulDecoder>(encoding, std::move(plain));
}

}  // namespace sluice::formats
