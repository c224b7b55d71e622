// Delimited files: inspecting never fails but by refusal; reading equals the plain reader, whatever
// the reads; and reading on from any row equals reading straight.
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/check.h"
#include "common/formats/inspect.h"
#include "common/formats/record_splitter.h"
#include "common/formats/text_decoder.h"
#include "common/formats/utf8_lines.h"
#include "tests/unit/common/formats/reference_rows.h"
#include "tests/unit/common/formats/string_source.h"

namespace sluice::formats {
namespace {

constexpr size_t kMaxResumes = 20;
constexpr size_t kEncodings = static_cast<size_t>(Encoding::kWindows874) + 1;

void CheckResume(const std::string& bytes, const SourceShape& shape, const RowLimits& limits,
                 size_t most) {
  std::vector<Checkpoint> positions;
  const auto straight = ReadAll(bytes, shape, {}, limits, SIZE_MAX, &positions);
  SLUICE_CHECK(straight == ReadAll(bytes, shape, {}, limits, most), "short reads differ");
  const size_t step = positions.size() / kMaxResumes + 1;
  for (size_t i = 0; i < positions.size(); i += step) {
    const std::vector<OwnedRow> rest(straight.begin() + static_cast<long>(i), straight.end());
    SLUICE_CHECK(ReadAll(bytes, shape, positions[i], limits, most) == rest, "resuming differs");
  }
}

void CheckAgainstReference(const std::string& bytes, const SourceShape& shape,
                           const RowLimits& limits) {
  const DecodedText decoded = DecodeSample(shape.encoding, bytes, true);
  if (SeparatorLineLength(decoded.text, nullptr) > 0) return;
  const auto expected = ReferenceRows(decoded.text, shape.delimiter, shape.quote, limits.row_bytes);
  const auto rows = ReadAll(bytes, shape, {}, limits);
  // Nor does it know of lines in UTF-8, of which some are blank and no rows.
  if (TellsUtf8Lines(shape.encoding)) {
    const LineRange lines = FindUtf8Lines(bytes, 0, shape.encoding);
    if (lines.begin < lines.end) return;
  }
  // Rows that are blank but undecodable are rows; the reference does not know of bytes.
  size_t at = 0;
  for (const OwnedRow& row : rows) {
    if (at < expected.size() && row.row == expected[at].row) {
      SLUICE_CHECK(row.cells == expected[at].cells && row.problem == expected[at].problem,
                   "a row differs from the reference");
      ++at;
    } else {
      SLUICE_CHECK(row.undecodable, "a row the reference does not have");
    }
  }
  SLUICE_CHECK(at == expected.size(), "a row of the reference is missing");
}

void Fuzz(std::string_view data) {
  if (data.size() < 4) return;
  constexpr std::array kDelimiters = {',', ';', '\t', '|'};
  constexpr std::array kQuotes = {'"', '"', '\'', '\0'};
  const auto option = [&](size_t i) { return static_cast<unsigned char>(data[i]); };
  const SourceShape shape{.encoding = static_cast<Encoding>(option(0) % kEncodings),
                          .delimiter = kDelimiters[option(1) % 4],
                          .quote = kQuotes[option(1) / 4 % 4]};
  const RowLimits limits{.row_bytes = option(2) % 2 == 0 ? 256u * 1024u : 1u + option(2) / 2u};
  const size_t most = 1u + option(3);
  const std::string bytes(data.substr(4));

  CheckResume(bytes, shape, limits, most);
  CheckAgainstReference(bytes, shape, limits);
  StringSource source(bytes, most);
  const auto found = Inspect(source, "fuzz.csv");
  if (!found.ok()) {
    SLUICE_CHECK(absl::IsInvalidArgument(found.status()), "a refusal of another kind");
    return;
  }
  SLUICE_CHECK(!found->columns.empty() || found->format == Format::kNdjson, "no columns");
  CheckResume(bytes, *found, limits, most);
}

}  // namespace
}  // namespace sluice::formats

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  sluice::formats::Fuzz({reinterpret_cast<const char*>(data), size});
  return 0;
}
