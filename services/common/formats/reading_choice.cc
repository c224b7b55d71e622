#include "common/formats/reading_choice.h"

#include <fmt/format.h>

#include "common/formats/encoding.h"

namespace sluice::formats {

absl::Status Apply(const ReadingChoice& choice, InspectOptions& options) {
  options.header_row = choice.header_row;
  if (!choice.encoding.empty()) {
    options.encoding = EncodingByName(choice.encoding);
    if (!options.encoding.has_value()) {
      return absl::InvalidArgumentError(
          fmt::format("--encoding: '{}' is not known; known are utf-8, utf-16le, gb18030, big5, "
                      "shift_jis, euc-kr, windows-1252 and others of the WHATWG's labels",
                      choice.encoding));
    }
  }
  if (choice.delimiter.empty()) return absl::OkStatus();
  const bool tab = choice.delimiter == "tab" || choice.delimiter == "\\t";
  if (!tab && choice.delimiter.size() != 1) {
    return absl::InvalidArgumentError("--delimiter: one character, or tab");
  }
  options.delimiter = tab ? '\t' : choice.delimiter[0];
  return absl::OkStatus();
}

}  // namespace sluice::formats
