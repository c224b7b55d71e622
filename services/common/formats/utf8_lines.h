// Lines of UTF-8 in a file of another encoding, as when two exports were glued together. Read as
// the rest of the file they would be noise without a wrong byte.
#pragma once

#include <cstddef>
#include <string_view>

#include "common/formats/encoding.h"

namespace sluice::formats {

// Bytes of a line with its end; longer ones are not looked at.
inline constexpr size_t kLongestForeignLine = 4096;

// Lines of UTF-8 can be told from text in the encoding: ASCII is itself in it, and nothing before a
// line end changes what comes after it.
bool TellsUtf8Lines(Encoding encoding);

// Lines [begin, end), line ends included; begin == end when there are none.
struct LineRange {
  size_t begin = 0;
  size_t end = 0;
};

// The first run of lines of `text` at or after `from`, the start of a line, that are UTF-8 and, by
// the number of their characters that are not ASCII, hardly anything in `encoding`. What follows
// the last line feed counts as a line.
LineRange FindUtf8Lines(std::string_view text, size_t from, Encoding encoding);

}  // namespace sluice::formats
