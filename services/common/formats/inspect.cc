#include "common/formats/inspect.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "common/base/status.h"
#include "common/formats/borrowed_source.h"
#include "common/formats/describe_table.h"
#include "common/formats/detect_dialect.h"
#include "common/formats/detect_encoding.h"
#include "common/formats/file_kind.h"
#include "common/formats/inspect_workbook.h"
#include "common/formats/ndjson_reader.h"
#include "common/formats/open_rows.h"
#include "common/formats/record_splitter.h"
#include "common/formats/text_decoder.h"
#include "common/formats/unpack.h"

namespace sluice::formats {
namespace {

constexpr size_t kHeadBytes = size_t{256} * 1024;
constexpr size_t kFurtherBytes = size_t{64} * 1024;
constexpr size_t kJudgedRows = 200;
constexpr size_t kMaxNdjsonColumns = 1024;

absl::StatusOr<std::string> ReadAt(base::ByteSource& source, uint64_t offset, size_t count) {
  SLUICE_RETURN_IF_ERROR(source.Seek(offset));
  count = static_cast<size_t>(std::min<uint64_t>(count, source.size() - offset));
  std::string bytes(count, '\0');
  size_t total = 0;
  while (total < count) {
    SLUICE_ASSIGN_OR_RETURN(const size_t got, source.Read(bytes.data() + total, count - total));
    if (got == 0) break;
    total += got;
  }
  bytes.resize(total);
  return bytes;
}

// Stretches of the file; the first is its head.
struct Samples {
  std::vector<std::string> bytes;
  std::vector<uint64_t> offsets;
  uint64_t size = 0;

  std::vector<Sample> views() const {
    std::vector<Sample> views;
    for (size_t i = 0; i < bytes.size(); ++i) {
      views.push_back({bytes[i], offsets[i], offsets[i] + bytes[i].size() >= size});
    }
    return views;
  }
};

absl::Status AddSample(base::ByteSource& source, uint64_t offset, size_t count, Samples& samples) {
  SLUICE_ASSIGN_OR_RETURN(std::string bytes, ReadAt(source, offset, count));
  samples.bytes.push_back(std::move(bytes));
  samples.offsets.push_back(offset);
  return absl::OkStatus();
}

// When all samples are ASCII the file may still not be: finds its first other byte.
absl::Status AddFirstNonAscii(base::ByteSource& source, uint64_t bytes_max, Samples& samples) {
  uint64_t offset = kHeadBytes;
  SLUICE_RETURN_IF_ERROR(source.Seek(offset));
  std::string block(kHeadBytes, '\0');
  while (offset < bytes_max) {
    SLUICE_ASSIGN_OR_RETURN(const size_t got, source.Read(block.data(), block.size()));
    if (got == 0) return absl::OkStatus();
    const std::string_view read(block.data(), got);
    const auto found =
        std::find_if(read.begin(), read.end(), [](char c) { return (c & 0x80) != 0; });
    if (found != read.end()) {
      // The sample begins a line's length before, so that the line is not taken for torn.
      const uint64_t at = offset + static_cast<uint64_t>(found - read.begin());
      return AddSample(source, at - std::min<uint64_t>(at, 4096), kFurtherBytes, samples);
    }
    offset += got;
  }
  return absl::OkStatus();
}

absl::StatusOr<Samples> TakeSamples(base::ByteSource& source, const InspectOptions& options) {
  Samples samples{.size = source.size()};
  SLUICE_RETURN_IF_ERROR(AddSample(source, 0, kHeadBytes, samples));
  if (samples.size <= kHeadBytes || options.encoding.has_value()) return samples;
  const uint64_t tail = std::max<uint64_t>(
      kHeadBytes, samples.size - std::min<uint64_t>(samples.size, kFurtherBytes));
  const uint64_t middle = std::max<uint64_t>(kHeadBytes, samples.size / 2);
  // Even offsets, for the sake of UTF-16.
  if (middle + kFurtherBytes < tail) {
    SLUICE_RETURN_IF_ERROR(AddSample(source, middle & ~uint64_t{1}, kFurtherBytes, samples));
  }
  SLUICE_RETURN_IF_ERROR(AddSample(source, tail & ~uint64_t{1}, kFurtherBytes + 1, samples));
  if (IsAscii(samples.views())) {
    SLUICE_RETURN_IF_ERROR(AddFirstNonAscii(source, options.read_bytes_max, samples));
  }
  return samples;
}

char DelimiterHint(std::string_view file_name) {
  return file_name.ends_with(".tsv") || file_name.ends_with(".tab") ? '\t' : ',';
}

absl::Status CheckNotJsonDocument(std::string_view text, std::string_view file_name) {
  const size_t from = text.find_first_not_of(" \t\r\n");
  const size_t second = text.find_first_not_of(" \t\r\n", from + 1);
  const char next = second == std::string_view::npos ? '\0' : text[second];
  const bool array = text[from] == '[' && next == '{';
  // Keys are in quotes; what else begins with a brace is prose.
  const bool object = text[from] == '{' && (next == '"' || next == '}');
  if (!array && !object) return absl::OkStatus();
  if (!array && file_name.ends_with(".csv")) return absl::OkStatus();
  return absl::InvalidArgumentError(
      fmt::format("{} is one JSON document, not one JSON object a line: write each record as an "
                  "object on a line of its own (NDJSON, JSON Lines), or export CSV",
                  file_name));
}

bool HasNdjsonName(std::string_view file_name) {
  if (file_name.ends_with(".gz")) file_name.remove_suffix(3);
  return file_name.ends_with(".jsonl") || file_name.ends_with(".ndjson");
}

std::string_view WithoutSpace(std::string_view line) {
  const size_t from = line.find_first_not_of(" \t\r");
  if (from == std::string_view::npos) return {};
  return line.substr(from, line.find_last_not_of(" \t\r") + 1 - from);
}

// True for what begins and ends as a JSON object does.
bool IsLikeObject(std::string_view line) {
  if (!line.starts_with('{') || !line.ends_with('}')) return false;
  const size_t next = line.find_first_not_of(" \t", 1);
  return next != std::string_view::npos && (line[next] == '"' || line[next] == '}');
}

// True when half of the lines or more are like JSON objects, the first that is not blank among
// them; where the file's name says NDJSON (`named`), when one does and the first does not begin a
// document of several lines. A line that is no JSON at last is its row's trouble.
bool LooksLikeNdjson(std::string_view text, bool whole, bool named) {
  size_t objects = 0;
  size_t lines = 0;
  for (size_t at = 0; at < text.size() && lines < kJudgedRows;) {
    const size_t feed = text.find('\n', at);
    const bool cut = feed == std::string_view::npos && !whole;
    if (cut && lines > 0) break;
    const size_t end = std::min(feed, text.size());
    const std::string_view line = WithoutSpace(text.substr(at, end - at));
    at = end + 1;
    if (line.empty()) continue;
    const bool object = !cut && IsLikeObject(line);
    if (lines == 0 && !object && (!named || line == "{" || line.starts_with('['))) return false;
    ++lines;
    objects += object ? 1 : 0;
  }
  return objects > 0 && (named || objects * 2 >= lines);
}

// All keys of all objects, in order of first appearance.
absl::Status CollectColumns(base::ByteSource& source, uint64_t bytes_max, SourceShape& shape) {
  LineReader lines(std::make_unique<BorrowedSource>(source), shape.encoding, RowLimits().row_bytes);
  SLUICE_RETURN_IF_ERROR(lines.Start({.source_offset = shape.bom ? BomLength(shape.encoding) : 0}));
  JsonLine json;
  LineReader::Line line;
  std::unordered_set<std::string> met;
  std::vector<std::string> fresh;
  const JsonLine::Visitor visit = [&](std::string_view path, std::string_view) {
    if (!met.contains(std::string(path))) fresh.emplace_back(path);
  };
  uint64_t bytes = 0;
  while (shape.columns.size() < kMaxNdjsonColumns) {
    shape.cut = bytes >= bytes_max;
    if (shape.cut) break;
    SLUICE_ASSIGN_OR_RETURN(const bool more, lines.Next(line));
    if (!more) break;
    bytes += line.text.size() + 1;
    fresh.clear();
    if (line.too_large || IsBlank(line.text) || !json.Parse(line.text, visit)) continue;
    for (std::string& path : fresh) {
      if (shape.columns.size() == kMaxNdjsonColumns) break;
      if (met.insert(path).second) shape.columns.push_back(std::move(path));
    }
  }
  return absl::OkStatus();
}

absl::Status AddSampleRows(base::ByteSource& source, const InspectOptions& options,
                           SourceShape& shape) {
  SLUICE_ASSIGN_OR_RETURN(const std::unique_ptr<RowReader> rows,
                          OpenRows(std::make_unique<BorrowedSource>(source), shape));
  RowView row;
  size_t bytes = 0;
  while (shape.sample_rows.size() < options.sample_rows && bytes < options.sample_bytes) {
    SLUICE_ASSIGN_OR_RETURN(const bool more, rows->Next(row));
    if (!more) break;
    if (!row.problem.empty()) continue;
    shape.sample_rows.emplace_back(row.cells.begin(), row.cells.end());
    for (const std::string_view cell : row.cells) bytes += cell.size() + sizeof(std::string);
  }
  return absl::OkStatus();
}

Finding DelimiterFinding(const std::vector<SampleRow>& rows, size_t width) {
  if (width < 2) {
    return {Certainty::kLikely, "no delimiter makes columns of it: one column",
            "没有能分列的分隔符，只有一列"};
  }
  const auto alike = std::count_if(rows.begin(), rows.end(), [width](const SampleRow& row) {
    return row.cells.size() == width;
  });
  const double share = static_cast<double>(alike) / static_cast<double>(rows.size());
  return {share >= 0.95  ? Certainty::kSure
          : share >= 0.6 ? Certainty::kLikely
                         : Certainty::kUnsure,
          fmt::format("{} of {} rows have {} cells with it", alike, rows.size(), width),
          fmt::format("按此分隔，{} 行中有 {} 行为 {} 列", rows.size(), alike, width)};
}

absl::Status LongHeaderError(std::string_view file_name) {
  return absl::InvalidArgumentError(
      fmt::format("{}: its first row is longer than {} KiB, so its names of columns cannot be "
                  "read: put each record on a line of its own below a shorter first row with the "
                  "names of the columns",
                  file_name, kHeadBytes / 1024));
}

absl::Status DescribeTable(std::string_view text, bool whole, std::string_view file_name,
                           const InspectOptions& options, SourceShape& shape) {
  shape.delimiter = options.delimiter.value_or(
      DetectDelimiter(text, whole, shape.quote, DelimiterHint(file_name)));
  shape.quote = DetectQuote(text, whole, shape.delimiter);
  std::vector<SampleRow> rows = SplitSample(text, whole, shape.delimiter, shape.quote, kJudgedRows);
  // One row larger than the sample: its beginning stands for it.
  const bool cut_row = rows.empty();
  if (cut_row) rows = SplitSample(text, true, shape.delimiter, shape.quote, kJudgedRows);
  if (rows.empty()) return absl::InvalidArgumentError(fmt::format("{} has no rows", file_name));
  if (cut_row && rows.size() == 1 && !options.header_row) return LongHeaderError(file_name);
  SLUICE_RETURN_IF_ERROR(DescribeColumns(rows, file_name, options, shape));
  shape.delimiter_finding =
      options.delimiter ? GivenFinding() : DelimiterFinding(rows, shape.columns.size());
  return absl::OkStatus();
}

absl::StatusOr<SourceShape> InspectPlain(base::ByteSource& source, std::string_view file_name,
                                         const InspectOptions& options) {
  if (source.size() == 0) {
    return absl::InvalidArgumentError(fmt::format("{} is empty", file_name));
  }
  SLUICE_ASSIGN_OR_RETURN(const Samples samples, TakeSamples(source, options));
  const std::string_view head = samples.bytes.front();
  if (MayBeWorkbook(head)) {
    return InspectWorkbook(std::make_unique<BorrowedSource>(source), file_name, options);
  }
  SLUICE_RETURN_IF_ERROR(CheckIsText(head, file_name));
  if (!options.sheet.empty()) {
    return absl::InvalidArgumentError(
        fmt::format("{} is a text file, which has no sheets: leave --sheet out", file_name));
  }
  const std::optional<FoundEncoding> found = DetectEncoding(samples.views());
  if (!found && !options.encoding) return BinaryFileError(file_name);

  SourceShape shape{.size_bytes = source.size()};
  shape.encoding = options.encoding.value_or(found ? found->encoding : Encoding::kUtf8);
  shape.bom = found && found->bom && found->encoding == shape.encoding;
  shape.encoding_finding = options.encoding || !found ? GivenFinding() : found->finding;
  const bool whole = head.size() == source.size();
  const size_t bom = shape.bom ? BomLength(shape.encoding) : 0;
  const std::string text = DecodeSample(shape.encoding, head.substr(bom), whole).text;
  if (IsBlank(std::string_view(text))) {
    return absl::InvalidArgumentError(
        fmt::format("{} holds only blank lines{}", file_name,
                    whole ? "" : fmt::format(" in its first {} KiB", kHeadBytes / 1024)));
  }
  if (!options.delimiter && LooksLikeNdjson(text, whole, HasNdjsonName(file_name))) {
    shape.format = Format::kNdjson;
    shape.header_finding = {Certainty::kSure, "the keys of the objects", "对象的键"};
    shape.delimiter_finding = {Certainty::kSure, "one JSON object a line", "每行一个 JSON 对象"};
    SLUICE_RETURN_IF_ERROR(CollectColumns(source, options.read_bytes_max, shape));
    if (shape.columns.empty() && !shape.cut) {
      return absl::InvalidArgumentError(fmt::format(
          "{}: none of its lines is a JSON object that can be read and has a value", file_name));
    }
  } else {
    SLUICE_RETURN_IF_ERROR(CheckNotJsonDocument(text, file_name));
    SLUICE_RETURN_IF_ERROR(DescribeTable(text, whole, file_name, options, shape));
  }
  SLUICE_RETURN_IF_ERROR(AddSampleRows(source, options, shape));
  return shape;
}

}  // namespace

absl::StatusOr<SourceShape> Inspect(base::ByteSource& source, std::string_view file_name,
                                    const InspectOptions& options) {
  SLUICE_ASSIGN_OR_RETURN(UnpackedFile unpacked,
                          Unpack(source, file_name, options.member, options.read_bytes_max));
  if (unpacked.bytes == nullptr) return InspectPlain(source, file_name, options);
  SLUICE_ASSIGN_OR_RETURN(SourceShape shape, InspectPlain(*unpacked.bytes, file_name, options));
  shape.member = unpacked.member;
  shape.cut = shape.cut || unpacked.cut;
  return shape;
}

absl::Status CheckWhole(base::ByteSource& source, const SourceShape& shape,
                        std::string_view file_name) {
  if (shape.format != Format::kWorkbook) return absl::OkStatus();
  if (!shape.member.empty()) {
    SLUICE_ASSIGN_OR_RETURN(UnpackedFile unpacked, Unpack(source, file_name, shape.member));
    return CheckWorkbook(std::move(unpacked.bytes), shape, file_name);
  }
  return CheckWorkbook(std::make_unique<BorrowedSource>(source), shape, file_name);
}

}  // namespace sluice::formats
