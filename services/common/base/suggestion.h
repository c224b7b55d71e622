// "did you mean": the known word that is nearest to an unknown one.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::base {

// The nearest of `known` by edit distance (insert, delete, replace, swap of neighbours; without
// ASCII case), or empty if none is near: at most a third of the word's bytes, and never more
// than 4.
std::string_view Nearest(std::string_view word, std::span<const std::string_view> known);

// " (did you mean 'x'?)" or nothing; to be put at the end of a message.
std::string DidYouMean(std::string_view word, std::span<const std::string_view> known);
std::string DidYouMean(std::string_view word, const std::vector<std::string>& known);

}  // namespace sluice::base
