// The words of a header and what each means.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/recognise/header_terms.h"

namespace sluice::recognise {

struct HeaderPhrase {
  // In the order of the phrase with its head last: "Date of Birth" is turned round.
  std::vector<Sense> senses;
  uint32_t ordinal = 0;
  bool turned = false;
  bool unknown_words = false;
  // The phrase is 名 alone, which beside 姓 is a given name.
  bool given_name_alone = false;
};

struct HeaderWords {
  // What stands between / 、 或.
  std::vector<HeaderPhrase> phrases;
  // What stands in brackets.
  std::vector<HeaderPhrase> brackets;
};

// Thread-safe.
HeaderWords SplitHeader(std::string_view header);

}  // namespace sluice::recognise
