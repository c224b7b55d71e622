// The words headers are made of.
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <variant>

#include "common/recognise/header_meaning.h"

namespace sluice::recognise {

// Says nothing by itself: 信息, "value", 必填.
struct Filler {
  friend bool operator==(Filler, Filler) = default;
};
// Makes a yes-or-no column of what follows: 是否, "has".
struct Question {
  friend bool operator==(Question, Question) = default;
};
// Turns the phrase round: "Date of Birth".
struct Of {
  friend bool operator==(Of, Of) = default;
};

using Sense = std::variant<Filler, Question, Of, Attribute, Subject, Use>;

struct Term {
  std::string_view text;
  Sense sense;
};

// The sense of a whole English word or Chinese term in simplified characters, lower case.
std::optional<Sense> SenseOf(std::string_view text);

// The longest Chinese term that `text` begins with; a text of size 0 when there is none.
Term LongestChineseTerm(std::string_view text);

}  // namespace sluice::recognise
