#include "common/formats/text_decoder.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

#include "tests/unit/common/formats/string_source.h"

namespace sluice::formats {
namespace {

struct Named {
  Encoding encoding;
  const char* icu_name;
  const char* text;
};

constexpr std::array kTexts = {
    Named{Encoding::kUtf8, "utf-8", "中文abc𠀀é"},
    Named{Encoding::kUtf16Le, "utf-16le", "中文abc𠀀é"},
    Named{Encoding::kUtf16Be, "utf-16be", "中文abc𠀀é"},
    Named{Encoding::kGb18030, "gb18030", "中文abc𠀀é€鎔"},
    Named{Encoding::kBig5, "windows-950-2000", "臺北市abc中正區"},
    Named{Encoding::kShiftJis, "ibm-943_P15A-2003", "東京カタカナｱabc～"},
    Named{Encoding::kEucKr, "windows-949-2000", "서울특별시abc똠"},
    Named{Encoding::kWindows1252, "ibm-5348_P100-1997", "Café €“x”"},
};

// Decodes in pieces of `step` bytes, giving back what was not consumed.
std::string DecodeInPieces(Encoding encoding, const std::string& bytes, size_t step) {
  auto decoder = MakeTextDecoder(encoding);
  std::string text;
  std::string carry;
  std::vector<size_t> replaced;
  for (size_t at = 0; at <= bytes.size(); at += step) {
    carry += bytes.substr(at, step);
    const bool last = at + step > bytes.size();
    std::string out(carry.size() * kDecodedBytesPerByte, '\0');
    const auto result = decoder->Decode(carry, last, out.data(), replaced);
    text += out.substr(0, result.written);
    carry.erase(0, result.consumed);
  }
  return text;
}

TEST(TextDecoderTest, PiecesOfAnySizeGiveTheSameText) {
  for (const Named& named : kTexts) {
    const std::string bytes = Encode(named.text, named.icu_name);
    for (size_t step = 1; step < 7; ++step) {
      EXPECT_EQ(DecodeInPieces(named.encoding, bytes, step), named.text) << Name(named.encoding);
    }
  }
}

TEST(TextDecoderTest, TellsWhereBytesWereReplaced) {
  const DecodedText utf8 = DecodeSample(Encoding::kUtf8,
                                        "a\xFF"
                                        "b\xE4\xB8",
                                        true);
  EXPECT_EQ(utf8.text, "a\uFFFDb\uFFFD");
  EXPECT_EQ(utf8.replaced, (std::vector<size_t>{1, 5}));
  const DecodedText gb = DecodeSample(Encoding::kGb18030, "a\xFF,\xD6\xD0\x81", true);
  EXPECT_EQ(gb.text, "a\uFFFD,中\uFFFD");
  EXPECT_EQ(gb.replaced, (std::vector<size_t>{1, 8}));
  const DecodedText utf16 = DecodeSample(Encoding::kUtf16Le,
                                         std::string("a\0\x00\xD8"
                                                     "b\0c",
                                                     7),
                                         true);
  EXPECT_EQ(utf16.text, "a\uFFFDb\uFFFD");
}

TEST(TextDecoderTest, ALeadByteDoesNotSwallowTheLineEndAfterIt) {
  for (const Encoding encoding : {Encoding::kGb18030, Encoding::kBig5, Encoding::kShiftJis,
                                  Encoding::kEucKr, Encoding::kUtf8}) {
    const DecodedText decoded = DecodeSample(encoding, "x\x95\nb,c\n", true);
    EXPECT_EQ(decoded.text, "x\uFFFD\nb,c\n") << Name(encoding);
  }
}

TEST(TextDecoderTest, AnUnfinishedCharacterAtTheEndOfASampleIsLeftOut) {
  EXPECT_EQ(DecodeSample(Encoding::kUtf8, "a\xE4\xB8", false).text, "a");
  EXPECT_EQ(DecodeSample(Encoding::kGb18030, "a\xD6", false).text, "a");
}

TEST(EncodingNameTest, NamesGoBothWays) {
  for (const Named& named : kTexts) {
    EXPECT_EQ(EncodingByName(Name(named.encoding)), named.encoding);
  }
  EXPECT_EQ(EncodingByName("GBK"), Encoding::kGb18030);
  EXPECT_EQ(EncodingByName("klingon"), std::nullopt);
  EXPECT_EQ(FormatByName(Name(Format::kNdjson)), Format::kNdjson);
}

}  // namespace
}  // namespace sluice::formats
