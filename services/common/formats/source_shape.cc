#include "common/formats/source_shape.h"

#include <algorithm>
#include <array>

namespace sluice::formats {
namespace {

struct EncodingName {
  std::string_view name;
  Encoding encoding;
};

// The first entry of an encoding is its name, the others are aliases.
constexpr std::array kEncodingNames = {
    EncodingName{"utf-8", Encoding::kUtf8},
    EncodingName{"utf8", Encoding::kUtf8},
    EncodingName{"ascii", Encoding::kUtf8},
    EncodingName{"us-ascii", Encoding::kUtf8},
    EncodingName{"utf-16le", Encoding::kUtf16Le},
    EncodingName{"utf-16", Encoding::kUtf16Le},
    EncodingName{"utf-16be", Encoding::kUtf16Be},
    EncodingName{"gb18030", Encoding::kGb18030},
    EncodingName{"gbk", Encoding::kGb18030},
    EncodingName{"gb2312", Encoding::kGb18030},
    EncodingName{"cp936", Encoding::kGb18030},
    EncodingName{"big5", Encoding::kBig5},
    EncodingName{"cp950", Encoding::kBig5},
    EncodingName{"big5-hkscs", Encoding::kBig5},
    EncodingName{"shift_jis", Encoding::kShiftJis},
    EncodingName{"shift-jis", Encoding::kShiftJis},
    EncodingName{"sjis", Encoding::kShiftJis},
    EncodingName{"cp932", Encoding::kShiftJis},
    EncodingName{"euc-kr", Encoding::kEucKr},
    EncodingName{"cp949", Encoding::kEucKr},
    EncodingName{"uhc", Encoding::kEucKr},
    EncodingName{"windows-1252", Encoding::kWindows1252},
    EncodingName{"cp1252", Encoding::kWindows1252},
    EncodingName{"iso-8859-1", Encoding::kWindows1252},
    EncodingName{"iso-8859-15", Encoding::kWindows1252},
    EncodingName{"latin1", Encoding::kWindows1252},
};

bool EqualsIgnoringCase(std::string_view left, std::string_view right) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [&](char a, char b) { return lower(a) == lower(b); });
}

}  // namespace

std::string_view Name(Format format) {
  if (format == Format::kWorkbook) return "workbook";
  return format == Format::kNdjson ? "ndjson" : "delimited";
}

std::optional<Format> FormatByName(std::string_view name) {
  if (name == Name(Format::kDelimited)) return Format::kDelimited;
  if (name == Name(Format::kNdjson)) return Format::kNdjson;
  if (name == Name(Format::kWorkbook)) return Format::kWorkbook;
  return std::nullopt;
}

std::string_view Name(Encoding encoding) {
  for (const EncodingName& entry : kEncodingNames) {
    if (entry.encoding == encoding) return entry.name;
  }
  return {};
}

std::optional<Encoding> EncodingByName(std::string_view name) {
  for (const EncodingName& entry : kEncodingNames) {
    if (EqualsIgnoringCase(entry.name, name)) return entry.encoding;
  }
  return std::nullopt;
}

size_t BomLength(Encoding encoding) {
  if (encoding == Encoding::kUtf8) return 3;
  if (encoding == Encoding::kUtf16Le || encoding == Encoding::kUtf16Be) return 2;
  return 0;
}

}  // namespace sluice::formats
