#include "common/formats/detect_encoding.h"

#include <fmt/format.h>
#include <simdjson.h>
#include <uchardet.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string>

#include "common/formats/language_evidence.h"
#include "common/formats/text_decoder.h"

namespace sluice::formats {
namespace {

// Enough for every detector; more costs time and changes nothing.
constexpr size_t kScoredBytes = size_t{32} * 1024;
// uchardet sees what the samples read like as a whole; it is right in 95 of 100 files.
constexpr double kUchardetBonus = 0.25;
// Most files that are not Unicode are Chinese.
constexpr double kGb18030Bonus = 0.05;
// In UTF-16, the zero halves of ASCII characters are all on one side. Text without any ASCII has no
// cells and rows, so a share of this much is expected.
constexpr double kLeastZeroShare = 0.01;

std::optional<FoundEncoding> FromBom(std::string_view head) {
  const Finding finding = {Certainty::kSure, "a byte order mark says so", "文件开头有字节顺序标记"};
  if (head.starts_with("\xEF\xBB\xBF")) return FoundEncoding{Encoding::kUtf8, true, finding};
  if (head.starts_with("\xFF\xFE")) return FoundEncoding{Encoding::kUtf16Le, true, finding};
  if (head.starts_with("\xFE\xFF")) return FoundEncoding{Encoding::kUtf16Be, true, finding};
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
  const size_t half = head.size() / 2;
  const auto units = static_cast<double>(half);
  Encoding encoding = Encoding::kUtf16Le;
  if (even > odd) {
    std::swap(even, odd);
    encoding = Encoding::kUtf16Be;
  }
  if (static_cast<double>(odd) < kLeastZeroShare * units || even * 20 > odd) return std::nullopt;
  const DecodedText decoded = DecodeSample(encoding, head, whole);
  if (!decoded.replaced.empty()) return std::nullopt;
  // Text has no controls but tab and line ends, whichever side the zeros are on.
  const bool control = std::any_of(decoded.text.begin(), decoded.text.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n' && c != '\r' &&
           c != '\v' && c != '\f';
  });
  return control ? std::nullopt : std::optional(encoding);
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

std::optional<Encoding> AskUchardet(std::string_view bytes) {
  const std::unique_ptr<uchardet, void (*)(uchardet_t)> detector(uchardet_new(), uchardet_delete);
  uchardet_handle_data(detector.get(), bytes.data(), bytes.size());
  uchardet_data_end(detector.get());
  return EncodingByName(uchardet_get_charset(detector.get()));
}

// How sure the best reading is: by its lead before the next, and by how much there was to read.
Finding ReadingFinding(std::string_view bytes, double lead, size_t replaced) {
  constexpr double kClearLead = 0.4;
  constexpr double kSomeLead = 0.15;
  constexpr size_t kEnoughToRead = 40;
  const auto marked = static_cast<size_t>(
      std::count_if(bytes.begin(), bytes.end(), [](char c) { return (c & 0x80) != 0; }));
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

FoundEncoding BestReading(std::string_view bytes) {
  constexpr std::array kCandidates = {Encoding::kGb18030, Encoding::kBig5, Encoding::kShiftJis,
                                      Encoding::kEucKr, Encoding::kWindows1252};
  const std::optional<Encoding> advice = AskUchardet(bytes);
  Encoding best = Encoding::kGb18030;
  double best_score = -1e9;
  double next_score = -1e9;
  size_t best_replaced = 0;
  for (const Encoding candidate : kCandidates) {
    const DecodedText decoded = DecodeSample(candidate, bytes, false);
    double score = ReadingScore(candidate, decoded.text, decoded.replaced.size());
    if (candidate == advice) score += kUchardetBonus;
    if (candidate == Encoding::kGb18030) score += kGb18030Bonus;
    if (score > best_score) {
      next_score = best_score;
      best_score = score;
      best = candidate;
      best_replaced = decoded.replaced.size();
    } else {
      next_score = std::max(next_score, score);
    }
  }
  return {best, false, ReadingFinding(bytes, best_score - next_score, best_replaced)};
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
    const auto utf16 = Utf16FromZeros(head.bytes, head.to_end);
    if (!utf16) return std::nullopt;
    return FoundEncoding{
        *utf16,
        false,
        {Certainty::kLikely, "zero bytes stand where UTF-16 has them", "零字节的位置符合 UTF-16"}};
  }
  if (IsUtf8(samples)) return FoundEncoding{Encoding::kUtf8, false, Utf8Finding(samples)};
  return BestReading(NonAsciiLines(samples));
}

}  // namespace sluice::formats
