// What both faces of an inspection say in the same words.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/inspection.h"

namespace sluice::cli {

// Up to `most` distinct values of a column, cut where they are long.
std::vector<std::string> SampleValues(const Inspection& inspection, size_t column, size_t most);

// The reasons for a column in the reader's language, what happens to values that do not fit last.
std::vector<std::string> ReasonsOf(const Inspection& inspection, size_t column, Language language);

// "," as it is, a tab by its name.
std::string DelimiterName(char delimiter);

}  // namespace sluice::cli
