// Finds the bytes that can end a cell or a row, 64 at a time.
#pragma once

#include <cstddef>
#include <cstdint>

namespace sluice::formats {

// Sets bit i % 64 of marks[i / 64] for each of text[0, size) that is the delimiter, the quote, LF
// or CR. Reads up to 63 bytes past the end. AVX2 where the machine has it, else SSE2.
void FindMarks(const char* text, size_t size, char delimiter, char quote, uint64_t* marks);

// The same, one byte at a time; for machines without SSE2, and to hold the fast ones to.
void FindMarksScalar(const char* text, size_t size, char delimiter, char quote, uint64_t* marks);

}  // namespace sluice::formats
