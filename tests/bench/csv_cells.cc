// Reads a delimited file told nothing, as an import does, on one thread: the peer of DuckDB in
// csv_bench.py. Prints rows, bytes of each column's cells, and seconds.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <chrono>
#include <cstdio>
#include <vector>

#include "common/base/byte_source.h"
#include "common/formats/inspect.h"
#include "common/formats/open_rows.h"

namespace sluice::formats {
namespace {

absl::Status Read(const char* path) {
  const auto begun = std::chrono::steady_clock::now();
  auto source = base::FileByteSource::Open(path);
  if (!source.ok()) return source.status();
  const auto shape = Inspect(**source, path);
  if (!shape.ok()) return shape.status();
  auto rows = OpenRows(*std::move(source), *shape);
  if (!rows.ok()) return rows.status();
  uint64_t count = 0;
  std::vector<uint64_t> bytes(shape->columns.size());
  RowView row;
  for (;;) {
    const auto more = (*rows)->Next(row);
    if (!more.ok()) return more.status();
    if (!*more) break;
    ++count;
    if (row.cells.size() > bytes.size()) bytes.resize(row.cells.size());
    for (size_t i = 0; i < row.cells.size(); ++i) bytes[i] += row.cells[i].size();
  }
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begun;
  fmt::print("{{\"rows\":{},\"bytes\":[{}],\"seconds\":{:.3f}}}\n", count, fmt::join(bytes, ","),
             taken.count());
  return absl::OkStatus();
}

}  // namespace
}  // namespace sluice::formats

int main(int argc, char** argv) {
  if (argc != 2) {
    fmt::print(stderr, "usage: csv_cells FILE\n");
    return 2;
  }
  const absl::Status status = sluice::formats::Read(argv[1]);
  if (!status.ok()) fmt::print(stderr, "{}\n", status.ToString());
  return status.ok() ? 0 : 1;
}
