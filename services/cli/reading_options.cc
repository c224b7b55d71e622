#include "cli/reading_options.h"

#include <CLI/CLI.hpp>

namespace sluice::cli {

void AddReadingOptions(CLI::App& verb, formats::ReadingChoice& choice) {
  verb.add_option("--encoding", choice.encoding, "Encoding of a text file (gb18030, utf-8, ...)");
  verb.add_option("--delimiter", choice.delimiter, "Delimiter of a text file: a character or tab");
  verb.add_option("--header-row", choice.header_row, "Row of the header (from 1; 0: none)");
}

}  // namespace sluice::cli
