// The text repairs: what every cell goes through before it is anything else (docs/cleaning.md).
#pragma once

#include <string>
#include <string_view>

#include "common/normalize/repair.h"

namespace sluice::normalize {

enum class TextKind : uint8_t {
  kLine,      // text, e-mail, phone, URL, numbers, dates
  kLongText,  // keeps tabs and line breaks
  kBoolean    // as kLine, but 无 is an answer and no placeholder
};

struct TextResult {
  std::string_view value;  // a view of the input or of the buffer; empty for a blank cell
  RepairSet repairs;       // those made
};

// Makes the repairs that are not in `disabled`. `input` is UTF-8; bytes that are not become U+FFFD.
// `buffer` is scratch space, kept by the caller so that it is allocated once; its content before
// does not matter and `input` must not lie in it. Text that is in normal form is only looked at.
// The result is a fixed point: normalising it again with the same arguments changes nothing.
// Thread-safe.
TextResult NormalizeText(std::string_view input, TextKind kind, RepairSet disabled,
                         std::string& buffer);

// Number of Unicode characters of UTF-8 text; what a field's length is measured in.
size_t CountCharacters(std::string_view text);

}  // namespace sluice::normalize
