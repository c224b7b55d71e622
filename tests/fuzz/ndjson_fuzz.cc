// NDJSON: a line another parser takes for an object is a row without a problem, and reading on from
// any row equals reading straight.
#include <simdjson.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/check.h"
#include "common/formats/inspect.h"
#include "tests/unit/common/formats/string_source.h"

namespace sluice::formats {
namespace {

void CheckAgainstDom(const std::string& bytes, const std::vector<OwnedRow>& rows) {
  simdjson::dom::parser parser;
  uint64_t number = 0;
  size_t at = 0;
  for (size_t begin = 0; begin < bytes.size();) {
    const size_t end = std::min(bytes.find('\n', begin), bytes.size());
    ++number;
    simdjson::dom::object object;
    const bool valid = parser.parse(bytes.substr(begin, end - begin)).get_object().get(object) ==
                       simdjson::SUCCESS;
    begin = end + 1;
    while (at < rows.size() && rows[at].row < number) ++at;
    if (!valid || at == rows.size() || rows[at].row != number) continue;
    SLUICE_CHECK(rows[at].problem.empty(), "a valid line was refused");
  }
}

void Fuzz(std::string_view data) {
  if (data.empty()) return;
  const size_t most = 1u + static_cast<unsigned char>(data[0]);
  const std::string bytes(data.substr(1));
  SourceShape shape{.format = Format::kNdjson, .columns = {"a", "b", "a.b", "_"}};
  StringSource source(bytes, most);
  const auto found = Inspect(source, "fuzz.jsonl");
  if (found.ok() && found->format == Format::kNdjson) shape = *found;
  std::vector<Checkpoint> positions;
  const auto straight = ReadAll(bytes, shape, {}, {}, SIZE_MAX, &positions);
  for (size_t i = 0; i < positions.size(); ++i) {
    const std::vector<OwnedRow> rest(straight.begin() + static_cast<long>(i), straight.end());
    SLUICE_CHECK(ReadAll(bytes, shape, positions[i], {}, most) == rest, "resuming differs");
  }
  if (shape.encoding == Encoding::kUtf8 && !shape.bom) CheckAgainstDom(bytes, straight);
}

}  // namespace
}  // namespace sluice::formats

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  sluice::formats::Fuzz({reinterpret_cast<const char*>(data), size});
  return 0;
}
