#include "common/formats/detect_encoding.h"

#include <fmt/format.h>
#include <simdjson.h>
#include <uchardet.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <utility>

#include "common/formats/language_evidence.h"
#include "common/formats/text_decoder.h"

namespace sluice::formats {
namespace {

// Enough for every detector; more costs time and changes nothing.
constexpr size_t kScoredBytes = size_t{32} * 1024;
// uchardet sees what the samples read like as a whole; it is right in 95 of 100 files. What it says
// of a few bytes in an alphabet is worth less.
constexpr double kUchardetBonus = 0.12;
constexpr double kUchardetScriptBonus = 0.13;
constexpr double kBytesForAdvice = 40;
// The mean weight by which another reading of the same alphabet must be better where the two
// differ.
constexpr double kClearDifference = 0.5;
// In UTF-16, the zero halves of ASCII characters are all on one side. Text without any ASCII has no
// cells and rows, so a share of this much is expected.
constexpr double kLeastZeroShare = 0.01;

std::optional<FoundEncoding> FromBom(std::string_view head) {
  const Finding finding = {Certainty::kSure, "a byte order mark says so", "文件开头有字节顺序标记"};
  if (head.starts_with("\xEF\xBB\xBF")) return FoundEncoding{Encoding::kUtf8, true, finding};
  // Before UTF-16, whose mark is its first half.
  if (head.starts_with(std::string_view("\xFF\xFE\0\0", 4))) {
    return FoundEncoding{Encoding::kUtf32Le, true, finding};
  }
  if (head.starts_with(std::string_view("\0\0\xFE\xFF", 4))) {
    return FoundEncoding{Encoding::kUtf32Be, true, finding};
  }
  if (head.starts_with("\xFF\xFE")) return FoundEncoding{Encoding::kUtf16Le, true, finding};
  if (head.starts_with("\xFE\xFF")) return FoundEncoding{Encoding::kUtf16Be, true, finding};
  return std::nullopt;
}

// Text has no controls but tab and line ends.
bool HasControls(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n' && c != '\r' &&
           c != '\v' && c != '\f';
  });
}

bool IsCleanIn(Encoding encoding, std::string_view head, bool whole) {
  const DecodedText decoded = DecodeSample(encoding, head, whole);
  return decoded.replaced.empty() && !HasControls(decoded.text);
}

// No code point needs the highest byte of four, so text in UTF-32 is hardly anything else.
std::optional<Encoding> Utf32FromZeros(std::string_view head, bool whole) {
  if (head.size() < 8) return std::nullopt;
  for (const Encoding encoding : {Encoding::kUtf32Le, Encoding::kUtf32Be}) {
    if (IsCleanIn(encoding, head, whole)) return encoding;
  }
  return std::nullopt;
}

// The UTF-16 without a byte order mark that the zero bytes of `head` speak for.
std::optional<Encoding> Utf16FromZeros(std::string_view head, bool whole) {
  size_t even = 0;
  size_t odd = 0;
  for (size_t i = 0; i + 1 < head.size(); i += 2) {
    even += head[i] == 0 ? 1 : 0;
    odd += head[i + 1] == 0 ? 1 : 0;
  }
  const auto units = static_cast<double>(head.size() / 2);
  Encoding encoding = Encoding::kUtf16Le;
  if (even > odd) {
    std::swap(even, odd);
    encoding = Encoding::kUtf16Be;
  }
  if (static_cast<double>(odd) < kLeastZeroShare * units || even * 20 > odd) return std::nullopt;
  return IsCleanIn(encoding, head, whole) ? std::optional(encoding) : std::nullopt;
}

std::optional<FoundEncoding> FromZeros(const Sample& head) {
  if (const auto utf32 = Utf32FromZeros(head.bytes, head.to_end)) {
    return FoundEncoding{
        *utf32,
        false,
        {Certainty::kSure, "zero bytes stand where UTF-32 has them", "零字节的位置符合 UTF-32"}};
  }
  const auto utf16 = Utf16FromZeros(head.bytes, head.to_end);
  if (!utf16) return std::nullopt;
  return FoundEncoding{
      *utf16,
      false,
      {Certainty::kLikely, "zero bytes stand where UTF-16 has them", "零字节的位置符合 UTF-16"}};
}

// ISO-2022 and HZ are ASCII with escapes that nothing else has.
std::optional<FoundEncoding> FromEscapes(const std::vector<Sample>& samples) {
  constexpr std::array kEscapes = {
      std::pair<Encoding, std::string_view>{Encoding::kIso2022Kr, "\x1B$)C"},
      std::pair<Encoding, std::string_view>{Encoding::kIso2022Jp, "\x1B$"},
      std::pair<Encoding, std::string_view>{Encoding::kIso2022Jp, "\x1B("},
      std::pair<Encoding, std::string_view>{Encoding::kHz, "~{"},
  };
  for (const auto& [encoding, escape] : kEscapes) {
    for (const Sample& sample : samples) {
      // What is before the first escape may be the rest of a stretch that is cut.
      const size_t at = sample.bytes.find(escape);
      if (at == std::string_view::npos) continue;
      if (!IsCleanIn(encoding, sample.bytes.substr(at), sample.to_end)) continue;
      if (encoding == Encoding::kHz && sample.bytes.find("~}", at) == std::string_view::npos) {
        continue;
      }
      return FoundEncoding{
          encoding, false, {Certainty::kSure, "escapes say so", "文件中有该编码的转义序列"}};
    }
  }
  return std::nullopt;
}

// A sample that starts inside a file may start inside a character.
std::string_view WithoutTornUtf8(const Sample& sample) {
  std::string_view bytes = sample.bytes;
  if (sample.offset > 0) {
    for (int i = 0; i < 3 && !bytes.empty() && (bytes[0] & 0xC0) == 0x80; ++i) {
      bytes.remove_prefix(1);
    }
  }
  if (!sample.to_end) bytes.remove_suffix(UnfinishedUtf8Tail(bytes));
  return bytes;
}

bool IsUtf8(const std::vector<Sample>& samples) {
  return std::all_of(samples.begin(), samples.end(), [](const Sample& sample) {
    const std::string_view bytes = WithoutTornUtf8(sample);
    return simdjson::validate_utf8(bytes.data(), bytes.size());
  });
}

// True for text with a NUL or a few that strayed into it: hardly any, and no other controls.
bool HasOnlyStrayZeros(const std::vector<Sample>& samples) {
  constexpr size_t kStray = 4;
  constexpr size_t kBytesForOne = 4096;
  constexpr size_t kTextForOne = 8;
  return std::all_of(samples.begin(), samples.end(), [&](const Sample& sample) {
    std::string text(sample.bytes);
    const size_t zeros = std::erase(text, '\0');
    return zeros <= std::max(kStray, text.size() / kBytesForOne) &&
           zeros * kTextForOne <= text.size() && !HasControls(text);
  });
}

// The lines of the samples that are not ASCII, whole, as far as they are.
std::string NonAsciiLines(const std::vector<Sample>& samples) {
  std::string lines;
  for (const Sample& sample : samples) {
    std::string_view rest = sample.bytes;
    bool torn = sample.offset > 0;
    while (!rest.empty() && lines.size() < kScoredBytes) {
      const size_t end = std::min(rest.find('\n'), rest.size());
      const std::string_view line = rest.substr(0, end);
      const bool ascii =
          std::none_of(line.begin(), line.end(), [](char c) { return (c & 0x80) != 0; });
      const bool cut = end == rest.size() && !sample.to_end;
      if (!ascii && !torn && (!cut || lines.empty())) lines.append(line).push_back('\n');
      torn = false;
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }
  return lines;
}

// Whether all that is not ASCII are spaces that do not break, none of them within a word, and
// perhaps dashes, as Windows has them. Letters in a DOS (an accented a), but no language has that
// letter alone, and never within words.
bool HasOnlyMarksOfWindows(std::string_view text) {
  constexpr char kNoBreakSpace = '\xA0';
  const auto is_letter = [&](size_t i) {
    const char lower = i < text.size() ? static_cast<char>(text[i] | 0x20) : '\0';
    return lower >= 'a' && lower <= 'z';
  };
  bool spaces = false;
  for (size_t i = 0; i < text.size(); ++i) {
    if ((text[i] & 0x80) == 0) continue;
    const bool space = text[i] == kNoBreakSpace;
    if (!space && text[i] != '\x96' && text[i] != '\x97') return false;
    if (space && i > 0 && is_letter(i - 1) && is_letter(i + 1)) return false;
    spaces = spaces || space;
  }
  return spaces;
}

std::optional<Encoding> AskUchardet(std::string_view bytes) {
  const std::unique_ptr<uchardet, void (*)(uchardet_t)> detector(uchardet_new(), uchardet_delete);
  uchardet_handle_data(detector.get(), bytes.data(), bytes.size());
  uchardet_data_end(detector.get());
  return EncodingByName(uchardet_get_charset(detector.get()));
}

size_t NonAsciiBytes(std::string_view bytes) {
  return static_cast<size_t>(
      std::count_if(bytes.begin(), bytes.end(), [](char c) { return (c & 0x80) != 0; }));
}

// How sure the best reading is: by its lead before the next, and by how much there was to read.
Finding ReadingFinding(std::string_view bytes, double lead, size_t replaced) {
  constexpr double kClearLead = 0.4;
  constexpr double kSomeLead = 0.15;
  constexpr size_t kEnoughToRead = 40;
  const size_t marked = NonAsciiBytes(bytes);
  Finding finding{
      Certainty::kUnsure,
      fmt::format("of the encodings that are tried it reads best ({} bytes that are not "
                  "ASCII, {} of them undecodable; lead {:.2f})",
                  marked, replaced, lead),
      fmt::format(
          "在所试的编码中读出的文字最通顺（非 ASCII 字节 {} 个，其中 {} 个无法解码；领先 {:.2f}）",
          marked, replaced, lead)};
  if (lead >= kSomeLead && marked >= kEnoughToRead / 4) finding.certainty = Certainty::kLikely;
  if (lead >= kClearLead && marked >= kEnoughToRead && replaced == 0) {
    finding.certainty = Certainty::kSure;
  }
  return finding;
}

struct Reading {
  Encoding encoding = Encoding::kGb18030;
  double score = -1e9;
  size_t replaced = 0;
  std::string text;
};

// Of two encodings that read the same the first stands, which is met more often.
void Compete(Reading reading, Reading& best, double& next_score) {
  if (reading.text == best.text) {
    best.score = std::max(best.score, reading.score);
  } else if (reading.score > best.score) {
    next_score = best.score;
    best = std::move(reading);
  } else {
    next_score = std::max(next_score, reading.score);
  }
}

std::vector<Encoding> Candidates(std::optional<Encoding> advice) {
  std::vector<Encoding> candidates = {Encoding::kGb18030,  Encoding::kBig5,  Encoding::kBig5Hkscs,
                                      Encoding::kShiftJis, Encoding::kEucJp, Encoding::kEucKr,
                                      Encoding::kJohab};
  const auto single = SingleByteEncodings();
  candidates.insert(candidates.end(), single.begin(), single.end());
  // Met so seldom that only uchardet's word brings it in.
  if (advice == Encoding::kEucTw) candidates.push_back(*advice);
  return candidates;
}

// How much more likely an encoding is before anything is read: most files that are not Unicode are
// Chinese or of a Windows; DOS, Macintosh and standards that Windows did not take are rare.
double Prior(Encoding encoding) {
  if (encoding == Encoding::kGb18030) return 0.05;
  if (encoding == Encoding::kJohab) return -0.15;
  const Script script = ScriptOf(encoding);
  if (script < Script::kWestern || encoding == Encoding::kWindows1252) return 0;
  // Nearly every pair of bytes is a word in Thai and Vietnamese.
  if (script >= Script::kVietnamese) return -0.3;
  const bool windows = Name(encoding).starts_with("windows-");
  return windows || encoding == Encoding::kKoi8R ? -0.1 : -0.15;
}

// In a few bytes of Chinese, alphabets that are not the Latin one read well by chance.
double ShortnessMalus(Encoding encoding, size_t marked) {
  constexpr double kMost = 0.3;
  const Script script = ScriptOf(encoding);
  const bool chance = script == Script::kCyrillic || script == Script::kGreek ||
                      script == Script::kHebrew || script == Script::kArabic ||
                      script == Script::kThai || encoding == Encoding::kJohab;
  const double length = std::min(1.0, static_cast<double>(marked) / kBytesForAdvice);
  return chance ? kMost * (1.0 - length) : 0;
}

double AdviceBonus(Encoding candidate, std::optional<Encoding> advice, size_t marked) {
  if (!advice || ScriptOf(candidate) != ScriptOf(*advice)) return 0;
  const bool alphabet = ScriptOf(candidate) >= Script::kWestern;
  const double worth =
      alphabet ? std::min(1.0, static_cast<double>(marked) / kBytesForAdvice) : 1.0;
  return worth * (kUchardetScriptBonus + (candidate == advice ? kUchardetBonus : 0));
}

FoundEncoding BestReading(std::string_view bytes, std::optional<Encoding> advice) {
  Reading best;
  double next_score = -1e9;
  const size_t marked = NonAsciiBytes(bytes);
  for (const Encoding candidate : Candidates(advice)) {
    DecodedText decoded = DecodeSample(candidate, bytes, false);
    double score = ReadingScore(candidate, decoded.text, decoded.replaced.size());
    score += Prior(candidate) + AdviceBonus(candidate, advice, marked) -
             ShortnessMalus(candidate, marked);
    Compete({candidate, score, decoded.replaced.size(), std::move(decoded.text)}, best, next_score);
  }
  // Where encodings of one alphabet differ in a few letters only, those decide.
  for (const Encoding rival : SingleByteEncodings()) {
    if (ScriptOf(rival) != ScriptOf(best.encoding) || rival == best.encoding) continue;
    DecodedText decoded = DecodeSample(rival, bytes, false);
    if (DifferenceScore(ScriptOf(rival), decoded.text, best.text) < kClearDifference) continue;
    best.encoding = rival;
    best.replaced = decoded.replaced.size();
    best.text = std::move(decoded.text);
  }
  return {best.encoding, false, ReadingFinding(bytes, best.score - next_score, best.replaced)};
}

Finding Utf8Finding(const std::vector<Sample>& samples) {
  if (!IsAscii(samples)) {
    return {Certainty::kSure, "all that was looked at is valid UTF-8",
            "检查过的内容全部是有效的 UTF-8"};
  }
  if (samples.size() == 1 && samples[0].to_end) {
    return {Certainty::kSure, "it is ASCII throughout", "全部是 ASCII"};
  }
  return {Certainty::kLikely, "all that was looked at is ASCII", "检查过的内容全部是 ASCII"};
}

}  // namespace

bool IsAscii(const std::vector<Sample>& samples) {
  return std::all_of(samples.begin(), samples.end(), [](const Sample& sample) {
    return std::none_of(sample.bytes.begin(), sample.bytes.end(),
                        [](char c) { return (c & 0x80) != 0; });
  });
}

std::optional<FoundEncoding> DetectEncoding(const std::vector<Sample>& samples) {
  const Sample& head = samples.front();
  if (const auto found = FromBom(head.bytes)) return found;
  const bool zeros = std::any_of(samples.begin(), samples.end(), [](const Sample& sample) {
    return sample.bytes.find('\0') != std::string_view::npos;
  });
  if (zeros) {
    const bool stray = HasOnlyStrayZeros(samples);
    // What reads as text but for them is that, though in UTF-16 it would be text of a kind, too.
    const auto found = stray && IsUtf8(samples) ? std::nullopt : FromZeros(head);
    if (found || !stray) return found;
  }
  if (IsAscii(samples)) {
    if (const auto found = FromEscapes(samples)) return found;
  }
  if (IsUtf8(samples)) return FoundEncoding{Encoding::kUtf8, false, Utf8Finding(samples)};
  const std::string lines = NonAsciiLines(samples);
  if (HasOnlyMarksOfWindows(lines)) {
    return FoundEncoding{
        Encoding::kWindows1252,
        false,
        {Certainty::kLikely, "nothing but spaces that do not break, and dashes, is not ASCII",
         "非 ASCII 字节只有不换行空格和连接号"}};
  }
  return BestReading(lines, AskUchardet(lines));
}

}  // namespace sluice::formats
