#include "common/formats/johab_decoder.h"

#include <iconv.h>

#include <cerrno>
#include <cstring>

namespace sluice::formats {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

// The C library reads the byte of the backslash as the Won sign, as Korean fonts show it. Puts the
// backslash back; returns the new size. `from` is the first of `replaced` that lies in `text`.
size_t PutBackslashes(char* text, size_t size, size_t from, std::vector<size_t>& replaced) {
  constexpr std::string_view kWon = "\xE2\x82\xA9";
  const std::string_view all(text, size);
  size_t out = 0;
  for (size_t at = 0; at < size;) {
    for (; from < replaced.size() && replaced[from] == at; ++from) replaced[from] = out;
    const bool won = all.substr(at, kWon.size()) == kWon;
    const char c = won ? '\\' : text[at];
    text[out++] = c;
    at += won ? kWon.size() : 1;
  }
  return out;
}

class JohabDecoder : public TextDecoder {
 public:
  explicit JohabDecoder(iconv_t converter) : converter_(converter) {}
  ~JohabDecoder() override { iconv_close(converter_); }
  JohabDecoder(const JohabDecoder&) = delete;
  JohabDecoder& operator=(const JohabDecoder&) = delete;

  Result Decode(std::string_view in, bool last, char* out, std::vector<size_t>& replaced) override {
    const size_t met = replaced.size();
    // iconv takes its input as not constant, and leaves it alone.
    char* from = const_cast<char*>(in.data());
    size_t rest = in.size();
    char* to = out;
    size_t room = in.size() * kDecodedBytesPerByte;
    while (rest > 0 && iconv(converter_, &from, &rest, &to, &room) == static_cast<size_t>(-1)) {
      if (errno == EINVAL && !last) break;
      replaced.push_back(static_cast<size_t>(to - out));
      std::memcpy(to, kReplacement.data(), kReplacement.size());
      to += kReplacement.size();
      room -= kReplacement.size();
      ++from;
      --rest;
    }
    return {.consumed = in.size() - rest,
            .written = PutBackslashes(out, static_cast<size_t>(to - out), met, replaced)};
  }

 private:
  const iconv_t converter_;
};

}  // namespace

std::unique_ptr<TextDecoder> MakeJohabDecoder() {
  const iconv_t converter = iconv_open("UTF-8", "JOHAB");
  // iconv_open says no by a pointer of all ones.
  if (reinterpret_cast<intptr_t>(converter) == -1) return nullptr;
  return std::make_unique<JohabDecoder>(converter);
}

}  // namespace sluice::formats
