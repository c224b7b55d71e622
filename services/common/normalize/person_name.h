// A person's name in one cell, taken apart.
#pragma once

#include <string_view>

namespace sluice::normalize {

struct PersonName {
  std::string_view family;
  std::string_view given;
};

// Views into the text, which has had the text repairs. Chinese: a surname of two characters that is
// one of the usual compound ones (百家姓), else the first character, and the rest; a blank between
// them wins. Western: "Family, Given"; else the last word is the family name, with the particles
// before it (van der Berg). One word alone is a family name when it is Chinese of one character,
// else a given name. Thread-safe.
PersonName SplitPersonName(std::string_view text);

}  // namespace sluice::normalize
