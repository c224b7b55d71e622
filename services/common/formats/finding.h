// Something that was found out about a file, how sure it is, and why, in words for its owner.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sluice::formats {

enum class Certainty : uint8_t { kUnsure, kLikely, kSure };

// "unsure", "likely", "sure".
constexpr std::string_view Name(Certainty certainty) {
  if (certainty == Certainty::kSure) return "sure";
  return certainty == Certainty::kLikely ? "likely" : "unsure";
}

// The reasons hold counts and no text of the file.
struct Finding {
  Certainty certainty = Certainty::kSure;
  std::string english;
  std::string chinese;
};

// What a person said needs no reason.
inline Finding GivenFinding() {
  return {Certainty::kSure, "as given", "按指定"};
}

}  // namespace sluice::formats
