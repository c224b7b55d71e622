// What a workbook may ask of the machine, judged by the bytes it really has, never by what it says
// of itself. The defaults let pass what people have and stop what is made to harm: at most some
// 300 MB of memory, and time in proportion to the file.
#pragma once

#include <cstddef>
#include <cstdint>

namespace sluice::spreadsheet {

struct Limits {
  // Parts of a container.
  size_t entries = 20'000;
  // Bytes of one part and of all that is read of one file, unpacked.
  uint64_t part_bytes = uint64_t{16} << 30;
  // Up to here a part may be packed as well as it likes; beyond, at most `ratio` to 1. Real sheets
  // stay below 60, deflate reaches 1,032.
  uint64_t free_bytes = uint64_t{24} << 20;
  uint64_t ratio = 150;
  // Elements in each other.
  size_t depth = 128;
  // A tag with its attributes.
  size_t tag_bytes = size_t{1} << 20;
  // A string: Excel has 32,767 characters, others more.
  size_t string_bytes = size_t{8} << 20;
  // Bytes of shared strings that stay in memory; more go to a temporary file, up to the last.
  uint64_t strings_in_memory = uint64_t{96} << 20;
  uint64_t strings = uint64_t{16} << 30;
  // Bytes of all cells that are given, as a multiple of the file beyond the first.
  uint64_t given_free_bytes = uint64_t{256} << 20;
  uint64_t given_ratio = 300;
  uint32_t rows = 1'048'576;
  uint32_t columns = 16'384;
  // Distinct formats.
  size_t formats = 100'000;
};

}  // namespace sluice::spreadsheet
