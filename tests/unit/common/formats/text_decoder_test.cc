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
    Named{Encoding::kUtf32Le, "utf-32le", "中文abc𠀀é"},
    Named{Encoding::kUtf32Be, "utf-32be", "中文abc𠀀é"},
    Named{Encoding::kHz, "hz", "客户abc名称~x"},
    Named{Encoding::kBig5Hkscs, "big5-hkscs", "香港深水埗abc"},
    Named{Encoding::kEucTw, "euc-tw", "臺北市abc"},
    Named{Encoding::kEucJp, "euc-jp-2007", "東京カタカナｱabc"},
    Named{Encoding::kIso2022Jp, "iso-2022-jp", "東京カタカナabc\n氏名x"},
    Named{Encoding::kIso2022Kr, "iso-2022-kr", "서울특별시abc\n이름x"},
    Named{Encoding::kWindows1250, "windows-1250", "Łódź Kőszeg"},
    Named{Encoding::kWindows1251, "windows-1251", "Москва №1"},
    Named{Encoding::kKoi8R, "koi8-r", "Москва"},
    Named{Encoding::kIbm866, "ibm-866", "Москва"},
    Named{Encoding::kMacCyrillic, "macos-7_3-10.2", "Москва"},
    Named{Encoding::kWindows874, "windows-874-2000", "กรุงเทพ"},
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

TEST(TextDecoderTest, EveryNameIsOfADecoder) {
  for (int i = 0; i <= static_cast<int>(Encoding::kWindows874); ++i) {
    const auto encoding = static_cast<Encoding>(i);
    EXPECT_EQ(EncodingByName(Name(encoding)), encoding);
    std::string bytes = "a,1\n";
    if (Name(encoding).starts_with("utf-"))
      bytes = Encode(bytes, std::string(Name(encoding)).c_str());
    EXPECT_EQ(DecodeSample(encoding, bytes, true).text, "a,1\n") << Name(encoding);
  }
}

// Bytes as Python's codec writes them; ICU has no encoder.
TEST(TextDecoderTest, Johab) {
  const std::string bytes = "\xD0\x65\x8B\x69";
  EXPECT_EQ(DecodeInPieces(Encoding::kJohab, bytes + ",\\a", 1), "한글,\\a");
  const DecodedText wrong = DecodeSample(Encoding::kJohab, "\\a\xFF,b", true);
  EXPECT_EQ(wrong.text, "\\a\uFFFD,b");
  EXPECT_EQ(wrong.replaced, std::vector<size_t>{2});
}

// A stretch that does not go back to ASCII within bounds is cut, and that is told.
TEST(TextDecoderTest, AStretchWithoutAnEndIsCut) {
  std::string bytes = "\x1B$B";
  while (bytes.size() < 70 * 1024) bytes += "F|";
  std::string out(bytes.size() * kDecodedBytesPerByte, '\0');
  std::vector<size_t> replaced;
  const auto result =
      MakeTextDecoder(Encoding::kIso2022Jp)->Decode(bytes, false, out.data(), replaced);
  EXPECT_EQ(result.consumed, bytes.size());
  EXPECT_EQ(replaced.size(), 1u);
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
