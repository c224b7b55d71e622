// Reading is the same whatever the encoding, the reads and the place reading begins at.
#include <gtest/gtest.h>

#include <array>
#include <random>
#include <string>
#include <vector>

#include "tests/unit/common/formats/reference_rows.h"
#include "tests/unit/common/formats/string_source.h"

namespace sluice::formats {
namespace {

struct Coding {
  Encoding encoding;
  const char* icu_name;
  bool bom;
  const char* letters;  // what the encoding can write
};

constexpr std::array kCodings = {
    Coding{Encoding::kUtf8, "utf-8", false, "中文é😀x"},
    Coding{Encoding::kUtf8, "utf-8", true, "中文é😀x"},
    Coding{Encoding::kUtf16Le, "utf-16le", false, "中文é😀x"},
    Coding{Encoding::kUtf16Le, "utf-16le", true, "中文é😀x"},
    Coding{Encoding::kUtf16Be, "utf-16be", true, "中文é😀x"},
    Coding{Encoding::kUtf16Be, "utf-16be", false, "中文é😀x"},
    Coding{Encoding::kGb18030, "gb18030", false, "中文é😀鎔𠀀x"},
    Coding{Encoding::kBig5, "windows-950-2000", false, "中文臺功許"},
    Coding{Encoding::kShiftJis, "ibm-943_P15A-2003", false, "中文カソ表ｱ"},
    Coding{Encoding::kEucKr, "windows-949-2000", false, "한국똠中文"},
    Coding{Encoding::kWindows1252, "ibm-5348_P100-1997", false, "éü€“x"},
    Coding{Encoding::kUtf32Le, "utf-32le", true, "中文é😀x"},
    Coding{Encoding::kUtf32Be, "utf-32be", false, "中文é😀x"},
    Coding{Encoding::kKoi8R, "koi8-r", false, "ЖжЯя"},
    Coding{Encoding::kIso2022Jp, "iso-2022-jp", false, "中文カソ表"},
    Coding{Encoding::kIso2022Kr, "iso-2022-kr", false, "한국中文"},
    Coding{Encoding::kHz, "hz", false, "中文备注~"},
};

std::vector<std::string> Letters(std::string_view text) {
  std::vector<std::string> letters;
  for (size_t at = 0; at < text.size();) {
    size_t length = 1;
    while (at + length < text.size() && (text[at + length] & 0xC0) == 0x80) ++length;
    letters.emplace_back(text.substr(at, length));
    at += length;
  }
  return letters;
}

// A text that has everything the dialect knows, in random order.
std::string RandomText(std::mt19937& random, const char* letters, size_t tokens) {
  std::vector<std::string> alphabet = Letters(letters);
  for (const char* token : {",", ",", ",", "\n", "\r\n", "\n", "\r", "\"", "\"\"", "\",\"", "\n\"",
                            "\"\n", "ab", "0", " ", "=\"07\"", "customer", "\n\n", "13800138000"}) {
    alphabet.emplace_back(token);
  }
  std::string text;
  for (size_t i = 0; i < tokens; ++i) text += alphabet[random() % alphabet.size()];
  return text;
}

std::string Bytes(const Coding& coding, const std::string& text) {
  const std::string bom = coding.bom ? "\uFEFF" : "";
  return Encode(bom + text, coding.icu_name);
}

void ExpectResumeEqualsStraight(const std::string& bytes, const SourceShape& shape,
                                const RowLimits& limits, const std::vector<OwnedRow>& straight,
                                const std::vector<Checkpoint>& positions, size_t step,
                                std::mt19937& random) {
  for (size_t i = 0; i < positions.size(); i += step) {
    const size_t most = 1 + random() % 5000;
    const auto resumed = ReadAll(bytes, shape, positions[i], limits, most);
    const std::vector<OwnedRow> rest(straight.begin() + static_cast<long>(i), straight.end());
    ASSERT_EQ(resumed, rest) << Name(shape.encoding) << " at " << positions[i].source_offset
                             << " skip " << positions[i].skip_bytes;
  }
}

TEST(ResumeTest, ReadingEqualsTheReferenceAndCanBeginAtEveryRow) {
  std::mt19937 random(11);
  for (const Coding& coding : kCodings) {
    for (int round = 0; round < 40; ++round) {
      const std::string text = RandomText(random, coding.letters, random() % 300);
      if (text.starts_with("sep=")) continue;
      const std::string bytes = Bytes(coding, text);
      const SourceShape shape{.encoding = coding.encoding, .bom = coding.bom};
      const RowLimits limits{.row_bytes = round % 3 == 0 ? 40u : 256u * 1024u};
      std::vector<Checkpoint> positions;
      const auto rows = ReadAll(bytes, shape, {}, limits, 1 + random() % 100, &positions);
      ASSERT_EQ(rows, ReferenceRows(text, ',', '"', limits.row_bytes)) << text;
      ExpectResumeEqualsStraight(bytes, shape, limits, rows, positions, 1, random);
    }
  }
}

TEST(ResumeTest, FilesOfManyWindowsReadAsTheReferenceDoes) {
  std::mt19937 random(12);
  for (const Coding& coding : kCodings) {
    std::string text = RandomText(random, coding.letters, 350000);
    const std::string bytes = Bytes(coding, text);
    const SourceShape shape{.encoding = coding.encoding, .bom = coding.bom};
    for (const size_t limit : {200u, 256u * 1024u}) {
      const RowLimits limits{.row_bytes = limit};
      std::vector<Checkpoint> positions;
      const auto rows = ReadAll(bytes, shape, {}, limits, 100003, &positions);
      ASSERT_EQ(rows, ReferenceRows(text, ',', '"', limit)) << Name(coding.encoding);
      ExpectResumeEqualsStraight(bytes, shape, limits, rows, positions, positions.size() / 5 + 1,
                                 random);
    }
  }
}

TEST(ResumeTest, BytesThatAreWrongResumeToo) {
  std::mt19937 random(13);
  for (const Coding& coding : kCodings) {
    for (int round = 0; round < 30; ++round) {
      std::string bytes = Bytes(coding, RandomText(random, coding.letters, 200));
      for (size_t n = random() % 20; n > 0 && bytes.size() > 4; --n) {
        bytes[4 + random() % (bytes.size() - 4)] = static_cast<char>(random());
      }
      const SourceShape shape{.encoding = coding.encoding, .bom = coding.bom};
      std::vector<Checkpoint> positions;
      const auto rows = ReadAll(bytes, shape, {}, {.row_bytes = 300}, 7, &positions);
      ExpectResumeEqualsStraight(bytes, shape, {.row_bytes = 300}, rows, positions, 1, random);
    }
  }
}

TEST(ResumeTest, AFewWrongBytesInALargeFileAreToldOfTheirRowsOnly) {
  std::string bytes;
  for (int i = 1; i <= 200000; ++i) {
    bytes += i % 50000 == 0 ? "a\xFF"
                              "b,c\n"
                            : "中文,c\n";
  }
  std::vector<Checkpoint> positions;
  const auto rows = ReadAll(bytes, SourceShape{}, {}, {}, SIZE_MAX, &positions);
  ASSERT_EQ(rows.size(), 200000u);
  for (const OwnedRow& row : rows) {
    ASSERT_EQ(row.undecodable, row.row % 50000 == 0) << row.row;
  }
  std::mt19937 random(14);
  ExpectResumeEqualsStraight(bytes, SourceShape{}, {}, rows, positions, 30011, random);
}

}  // namespace
}  // namespace sluice::formats
