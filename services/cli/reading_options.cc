#include "cli/reading_options.h"

namespace sluice::cli {

void AddReadingOptions(Verb& verb, formats::ReadingChoice& choice) {
  verb.Option("--encoding", choice.encoding, "Encoding of a text file (gb18030, utf-8, ...)");
  verb.Option("--delimiter", choice.delimiter, "Delimiter of a text file: a character or tab");
  verb.Option("--header-row", choice.header_row, "Row of the header (from 1; 0: none)")
      .Check([](const std::string& given) {
        return given.starts_with('-') ? "the header is row 1 or below; 0 stands for none"
                                      : std::string();
      });
}

}  // namespace sluice::cli
