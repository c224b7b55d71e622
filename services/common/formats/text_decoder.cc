#include "common/formats/text_decoder.h"

#include <unicode/ucnv.h>
#include <unicode/ucnv_cb.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "common/base/check.h"
#include "common/formats/johab_decoder.h"
#include "common/formats/stateful_decoder.h"

namespace sluice::formats {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

char* PutReplacement(char* out) {
  std::memcpy(out, kReplacement.data(), kReplacement.size());
  return out + kReplacement.size();
}

char* PutCodePoint(char* out, uint32_t c) {
  if (c < 0x80) {
    *out++ = static_cast<char>(c);
  } else if (c < 0x800) {
    *out++ = static_cast<char>(0xC0 | (c >> 6));
    *out++ = static_cast<char>(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    *out++ = static_cast<char>(0xE0 | (c >> 12));
    *out++ = static_cast<char>(0x80 | ((c >> 6) & 0x3F));
    *out++ = static_cast<char>(0x80 | (c & 0x3F));
  } else {
    *out++ = static_cast<char>(0xF0 | (c >> 18));
    *out++ = static_cast<char>(0x80 | ((c >> 12) & 0x3F));
    *out++ = static_cast<char>(0x80 | ((c >> 6) & 0x3F));
    *out++ = static_cast<char>(0x80 | (c & 0x3F));
  }
  return out;
}

// Length of the well-formed character at the start of `in` (Unicode table 3-7); 0 when ill-formed,
// and then `bad` is the length of the maximal wrong part.
size_t Utf8Length(std::string_view in, size_t& bad) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(in[i]); };
  const unsigned char lead = byte(0);
  bad = 1;
  if (lead < 0x80) return 1;
  size_t length = 0;
  unsigned char low = 0x80;
  unsigned char high = 0xBF;
  if (lead >= 0xC2 && lead <= 0xDF) length = 2;
  if (lead >= 0xE0 && lead <= 0xEF) length = 3;
  if (lead >= 0xF0 && lead <= 0xF4) length = 4;
  if (length == 0) return 0;
  if (lead == 0xE0) low = 0xA0;
  if (lead == 0xED) high = 0x9F;
  if (lead == 0xF0) low = 0x90;
  if (lead == 0xF4) high = 0x8F;
  for (size_t i = 1; i < length; ++i) {
    if (i >= in.size() || byte(i) < low || byte(i) > high) {
      bad = i;
      return 0;
    }
    low = 0x80;
    high = 0xBF;
  }
  return length;
}

class Utf8Decoder : public TextDecoder {
 public:
  Result Decode(std::string_view in, bool last, char* out, std::vector<size_t>& replaced) override {
    if (!last) in.remove_suffix(UnfinishedUtf8Tail(in));
    char* at = out;
    for (size_t i = 0; i < in.size();) {
      size_t bad = 0;
      const size_t length = Utf8Length(in.substr(i), bad);
      if (length == 0) {
        replaced.push_back(static_cast<size_t>(at - out));
        at = PutReplacement(at);
        i += bad;
        continue;
      }
      std::memcpy(at, in.data() + i, length);
      at += length;
      i += length;
    }
    return {.consumed = in.size(), .written = static_cast<size_t>(at - out)};
  }
};

// UTF-16 code units to UTF-8. `wrong` are indexes of units to report as replaced, ascending.
size_t Utf16ToUtf8(const char16_t* units, size_t count, const std::vector<size_t>& wrong, char* out,
                   std::vector<size_t>& replaced) {
  char* at = out;
  size_t next_wrong = 0;
  for (size_t i = 0; i < count; ++i) {
    const uint32_t unit = units[i];
    if (unit < 0xD800 || unit > 0xDFFF) {
      if (next_wrong < wrong.size() && wrong[next_wrong] == i) {
        replaced.push_back(static_cast<size_t>(at - out));
        ++next_wrong;
      }
      at = PutCodePoint(at, unit);
    } else if (unit < 0xDC00 && i + 1 < count && (units[i + 1] & 0xFC00) == 0xDC00) {
      at = PutCodePoint(at, 0x10000 + ((unit - 0xD800) << 10) + (units[i + 1] - 0xDC00u));
      ++i;
    } else {
      replaced.push_back(static_cast<size_t>(at - out));
      at = PutReplacement(at);
    }
  }
  return static_cast<size_t>(at - out);
}

class Utf16Decoder : public TextDecoder {
 public:
  explicit Utf16Decoder(bool big_endian) : big_endian_(big_endian) {}

  Result Decode(std::string_view in, bool last, char* out, std::vector<size_t>& replaced) override {
    size_t count = in.size() / 2;
    units_.resize(count);
    for (size_t i = 0; i < count; ++i) {
      const auto first = static_cast<unsigned char>(in[2 * i]);
      const auto second = static_cast<unsigned char>(in[2 * i + 1]);
      units_[i] = static_cast<char16_t>(big_endian_ ? first << 8 | second : second << 8 | first);
    }
    if (!last && count > 0 && (units_[count - 1] & 0xFC00) == 0xD800) --count;
    size_t written = Utf16ToUtf8(units_.data(), count, {}, out, replaced);
    if (last && in.size() % 2 == 1) {
      replaced.push_back(written);
      PutReplacement(out + written);
      written += kReplacement.size();
    }
    return {.consumed = last ? in.size() : 2 * count, .written = written};
  }

 private:
  const bool big_endian_;
  std::vector<char16_t> units_;
};

class Utf32Decoder : public TextDecoder {
 public:
  explicit Utf32Decoder(bool big_endian) : big_endian_(big_endian) {}

  Result Decode(std::string_view in, bool last, char* out, std::vector<size_t>& replaced) override {
    char* at = out;
    size_t i = 0;
    for (; i + 4 <= in.size(); i += 4) {
      const uint32_t c = CodePoint(in.substr(i, 4));
      if (c < 0xD800 || (c > 0xDFFF && c <= 0x10FFFF)) {
        at = PutCodePoint(at, c);
      } else {
        replaced.push_back(static_cast<size_t>(at - out));
        at = PutReplacement(at);
      }
    }
    if (last && i < in.size()) {
      replaced.push_back(static_cast<size_t>(at - out));
      at = PutReplacement(at);
      i = in.size();
    }
    return {.consumed = i, .written = static_cast<size_t>(at - out)};
  }

 private:
  uint32_t CodePoint(std::string_view bytes) const {
    uint32_t c = 0;
    for (size_t i = 0; i < 4; ++i) {
      c = c << 8 | static_cast<unsigned char>(bytes[big_endian_ ? i : 3 - i]);
    }
    return c;
  }
  const bool big_endian_;
};

// Told to ICU for each byte sequence it cannot convert.
struct WrongBytes {
  const char16_t* base;
  std::vector<size_t> units;
};

void OnWrongBytes(const void* context, UConverterToUnicodeArgs* args, const char*, int32_t,
                  UConverterCallbackReason reason, UErrorCode* error) {
  if (reason > UCNV_IRREGULAR) return;
  auto* wrong = static_cast<WrongBytes*>(const_cast<void*>(context));
  wrong->units.push_back(static_cast<size_t>(args->target - wrong->base));
  *error = U_ZERO_ERROR;
  const char16_t replacement = 0xFFFD;
  ucnv_cbToUWriteUChars(args, &replacement, 1, 0, error);
}

class IcuDecoder : public TextDecoder {
 public:
  explicit IcuDecoder(const char* name) {
    UErrorCode error = U_ZERO_ERROR;
    converter_ = ucnv_open(name, &error);
    SLUICE_CHECK(U_SUCCESS(error), "ICU lacks a converter");
    ucnv_setToUCallBack(converter_, OnWrongBytes, &wrong_, nullptr, nullptr, &error);
    SLUICE_CHECK(U_SUCCESS(error), "ICU refuses a callback");
  }
  ~IcuDecoder() override { ucnv_close(converter_); }
  IcuDecoder(const IcuDecoder&) = delete;
  IcuDecoder& operator=(const IcuDecoder&) = delete;

  Result Decode(std::string_view in, bool last, char* out, std::vector<size_t>& replaced) override {
    units_.resize(in.size() + 8);
    wrong_.base = units_.data();
    wrong_.units.clear();
    const char* from = in.data();
    char16_t* to = units_.data();
    UErrorCode error = U_ZERO_ERROR;
    ucnv_resetToUnicode(converter_);
    ucnv_toUnicode(converter_, &to, units_.data() + units_.size(), &from, in.data() + in.size(),
                   nullptr, last, &error);
    SLUICE_CHECK(U_SUCCESS(error), "a decoder ran out of room");
    // What the converter has swallowed of an unfinished character is given to it again.
    size_t held = 0;
    if (!last) held = static_cast<size_t>(ucnv_toUCountPending(converter_, &error));
    const size_t count = static_cast<size_t>(to - units_.data());
    const size_t written = Utf16ToUtf8(units_.data(), count, wrong_.units, out, replaced);
    return {.consumed = in.size() - held, .written = written};
  }

 private:
  UConverter* converter_ = nullptr;
  WrongBytes wrong_{};
  std::vector<char16_t> units_;
};

}  // namespace

size_t UnfinishedUtf8Tail(std::string_view bytes) {
  for (size_t back = 1; back <= std::min<size_t>(3, bytes.size()); ++back) {
    const auto byte = static_cast<unsigned char>(bytes[bytes.size() - back]);
    if (byte < 0x80) return 0;
    if (byte < 0xC0) continue;
    size_t length = 2;
    if (byte >= 0xE0) length = 3;
    if (byte >= 0xF0) length = 4;
    if (byte > 0xF4 || byte < 0xC2 || length <= back) return 0;
    size_t bad = 0;
    Utf8Length(bytes.substr(bytes.size() - back), bad);
    return bad == back ? back : 0;
  }
  return 0;
}

std::unique_ptr<TextDecoder> MakeTextDecoder(Encoding encoding) {
  switch (encoding) {
    case Encoding::kUtf8:
      return std::make_unique<Utf8Decoder>();
    case Encoding::kUtf16Le:
    case Encoding::kUtf16Be:
      return std::make_unique<Utf16Decoder>(encoding == Encoding::kUtf16Be);
    case Encoding::kUtf32Le:
    case Encoding::kUtf32Be:
      return std::make_unique<Utf32Decoder>(encoding == Encoding::kUtf32Be);
    case Encoding::kJohab:
      if (auto johab = MakeJohabDecoder()) return johab;
      return MakeTextDecoder(Encoding::kEucKr);
    default:
      break;
  }
  auto decoder = std::make_unique<IcuDecoder>(ConverterName(encoding));
  if (IsStateful(encoding)) return MakeStatefulDecoder(encoding, std::move(decoder));
  return decoder;
}

DecodedText DecodeSample(Encoding encoding, std::string_view bytes, bool whole) {
  DecodedText decoded;
  decoded.text.resize(bytes.size() * kDecodedBytesPerByte);
  const auto result =
      MakeTextDecoder(encoding)->Decode(bytes, whole, decoded.text.data(), decoded.replaced);
  decoded.text.resize(result.written);
  return decoded;
}

}  // namespace sluice::formats
