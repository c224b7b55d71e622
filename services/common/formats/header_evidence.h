// What speaks for a row being the header of the rows below it: known names of columns, and texts
// above other kinds of values.
#pragma once

#include <cstddef>
#include <vector>

#include "common/formats/detect_dialect.h"

namespace sluice::formats {

size_t FilledCells(const SampleRow& row);

// Known names of columns in the row, each counted once.
size_t KnownNames(const SampleRow& row);

// `candidate`: an index in `rows`, the first rows of the file. What is above it is not looked at.
bool IsHeader(const std::vector<SampleRow>& rows, size_t candidate);

}  // namespace sluice::formats
