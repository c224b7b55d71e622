// Writes the rows of text files as an import told nothing reads them, for dialect_peers.py.
// Standard input: paths, one a line. Out: FOLDER/N.csv, N from 0, UTF-8, quoted throughout, the
// header first; and per file a line: verdict on the delimiter, delimiter, header row and path, with
// tabs between.
#include <fstream>
#include <iostream>
#include <iterator>
#include <span>
#include <string>

#include "common/formats/inspect.h"
#include "common/formats/open_rows.h"
#include "tests/unit/common/formats/string_source.h"

namespace {

template <typename Cells>
void Write(std::ostream& out, const Cells& cells) {
  bool first = true;
  for (const auto& cell : cells) {
    out << (first ? "\"" : ",\"");
    first = false;
    for (const char c : cell) out << (c == '"' ? "\"\"" : std::string(1, c));
    out << '"';
  }
  out << "\r\n";
}

}  // namespace

int main(int, char** argv) {
  const std::string folder = argv[1];
  std::string path;
  for (int n = 0; std::getline(std::cin, path); ++n) {
    std::ifstream file(path, std::ios::binary);
    const std::string bytes((std::istreambuf_iterator<char>(file)), {});
    sluice::formats::StringSource source(bytes);
    const auto shape = sluice::formats::Inspect(source, path);
    if (!shape.ok()) {
      std::cout << "refused\t\t\t" << path << "\t" << shape.status().message() << "\n";
      continue;
    }
    std::cout << Name(shape->delimiter_finding.certainty) << "\t"
              << static_cast<int>(shape->delimiter) << "\t" << shape->header_row << "\t" << path
              << "\n";
    auto rows =
        sluice::formats::OpenRows(std::make_unique<sluice::formats::StringSource>(bytes), *shape);
    if (!rows.ok()) continue;
    std::ofstream out(folder + "/" + std::to_string(n) + ".csv", std::ios::binary);
    if (shape->header_row > 0) Write(out, shape->columns);
    sluice::formats::RowView row;
    for (auto more = (*rows)->Next(row); more.ok() && *more; more = (*rows)->Next(row)) {
      Write(out, row.cells);
    }
  }
  return 0;
}
