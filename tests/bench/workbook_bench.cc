// How fast the cells of a workbook are read, on one core: a file named by SLUICE_BENCH_WORKBOOK
// (tests/bench/workbook_peer.py makes one and reads it with calamine).
#include <benchmark/benchmark.h>
#include <sys/resource.h>

#include <cstdlib>

#include "common/spreadsheet/open_workbook.h"

namespace sluice::spreadsheet {
namespace {

void ReadCells(benchmark::State& state) {
  const char* path = std::getenv("SLUICE_BENCH_WORKBOOK");
  if (path == nullptr) {
    state.SkipWithError("SLUICE_BENCH_WORKBOOK names no file");
    return;
  }
  uint64_t cells = 0;
  size_t bytes = 0;
  for (auto _ : state) {
    auto source = base::FileByteSource::Open(path);
    auto workbook = OpenWorkbook(*std::move(source));
    auto sheet = (*workbook)->OpenSheet(0);
    Row row;
    while (*(*sheet)->Next(row)) {
      cells += row.cells.size();
      for (const Cell& cell : row.cells) bytes += cell.value.size() + cell.text.size();
    }
  }
  benchmark::DoNotOptimize(bytes);
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  state.counters["cells"] =
      benchmark::Counter(static_cast<double>(cells), benchmark::Counter::kIsRate);
  state.counters["peak_mb"] = static_cast<double>(usage.ru_maxrss) / 1024;
}
BENCHMARK(ReadCells)->Unit(benchmark::kSecond)->Iterations(1)->Repetitions(3);

}  // namespace
}  // namespace sluice::spreadsheet
