#include <algorithm>
#include <cstdlib>

#include "common/spreadsheet/number_format.h"

namespace sluice::spreadsheet {
namespace {

using Type = FormatToken::Type;

char Lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

bool StartsWithIgnoringCase(std::string_view text, std::string_view lower) {
  return text.size() >= lower.size() && std::equal(lower.begin(), lower.end(), text.begin(),
                                                   [](char a, char b) { return a == Lower(b); });
}

size_t CharacterLength(char lead) {
  const auto byte = static_cast<unsigned char>(lead);
  if (byte < 0xC0) return 1;
  return byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
}

bool IsDate(const FormatToken& token) {
  return token.type >= Type::kYear;
}

class SectionParser {
 public:
  explicit SectionParser(std::string_view code) : code_(code) {}

  // Parses up to the end of a section; true when another follows.
  bool Parse(FormatSection& section) {
    section_ = &section;
    while (at_ < code_.size()) {
      if (code_[at_] == ';') {
        ++at_;
        Finish();
        return true;
      }
      ParseToken();
    }
    Finish();
    return false;
  }

 private:
  std::string_view rest() const { return code_.substr(at_); }

  void Add(Type type, std::string_view text, int count = 1) {
    section_->tokens.push_back({type, std::string(text), count});
  }

  void AddLiteral(std::string_view text) {
    if (!section_->tokens.empty() && section_->tokens.back().type == Type::kLiteral) {
      section_->tokens.back().text += text;
    } else {
      Add(Type::kLiteral, text);
    }
  }

  // One character, as many bytes as it has.
  std::string_view TakeCharacter() {
    const std::string_view one = code_.substr(at_, CharacterLength(code_[at_]));
    at_ += one.size();
    return one;
  }

  void ParseToken() {
    const char c = code_[at_];
    if (c == '"') {
      const size_t close = std::min(code_.find('"', at_ + 1), code_.size());
      AddLiteral(code_.substr(at_ + 1, close - at_ - 1));
      at_ = std::min(close + 1, code_.size());
    } else if (c == '\\' || c == '!') {
      ++at_;
      if (at_ < code_.size()) AddLiteral(TakeCharacter());
    } else if (c == '_' || c == '*') {
      // The room of a character, or the character again and again until the column is full.
      ++at_;
      if (at_ < code_.size()) TakeCharacter();
      if (c == '_') AddLiteral(" ");
    } else if (c == '[') {
      ParseBracket();
    } else if (StartsWithIgnoringCase(rest(), "general")) {
      Add(Type::kGeneral, "");
      at_ += 7;
    } else if (c == '@') {
      Add(Type::kText, "");
      ++at_;
    } else if (c == '0' || c == '#' || c == '?') {
      ParseDigit(c);
    } else if (!ParseDateToken()) {
      ParseMark(c);
    }
  }

  void ParseMark(char c) {
    const bool after_digit =
        !section_->tokens.empty() && section_->tokens.back().type == Type::kDigit;
    if (c == '.' && !date_) {
      Add(Type::kPoint, ".");
    } else if (c == '%') {
      Add(Type::kPercent, "%");
    } else if (c == '/' && after_digit) {
      Add(Type::kSlash, "/");
    } else if (c == ',' && (after_digit || pending_commas_ > 0)) {
      ++pending_commas_;
    } else if (c == ',' && !date_) {
      // Before the first digit: without meaning.
    } else {
      AddLiteral(TakeCharacter());
      return;
    }
    ++at_;
  }

  void ParseDigit(char c) {
    // A comma between digits groups them; those behind the last digit divide.
    if (pending_commas_ > 0) section_->grouped = true;
    pending_commas_ = 0;
    const FormatToken* last = section_->tokens.empty() ? nullptr : &section_->tokens.back();
    if (date_ && c == '0' && last != nullptr && last->type == Type::kSecondFraction) {
      ++section_->tokens.back().count;
    } else {
      Add(Type::kDigit, std::string_view(&c, 1));
    }
    ++at_;
  }

  void ParseBracket() {
    const size_t close = code_.find(']', at_);
    if (close == std::string_view::npos) {
      AddLiteral(TakeCharacter());
      return;
    }
    const std::string_view inside = code_.substr(at_ + 1, close - at_ - 1);
    at_ = close + 1;
    if (inside.empty()) return;
    if (inside[0] == '$') {
      AddLiteral(inside.substr(1, inside.find('-') == std::string_view::npos
                                      ? std::string_view::npos
                                      : inside.find('-') - 1));
      return;
    }
    if (inside[0] == '<' || inside[0] == '>' || inside[0] == '=') {
      ParseCondition(inside);
      return;
    }
    const char unit = Lower(inside[0]);
    const bool same = std::all_of(inside.begin(), inside.end(),
                                  [unit](char other) { return Lower(other) == unit; });
    if (!same || (unit != 'h' && unit != 'm' && unit != 's')) return;
    const Type type = unit == 'h'   ? Type::kElapsedHours
                      : unit == 'm' ? Type::kElapsedMinutes
                                    : Type::kElapsedSeconds;
    Add(type, "", static_cast<int>(inside.size()));
    date_ = true;
  }

  void ParseCondition(std::string_view inside) {
    using Condition = FormatSection::Condition;
    size_t length = 2;
    if (inside.starts_with("<=")) {
      section_->condition = Condition::kLessEqual;
    } else if (inside.starts_with(">=")) {
      section_->condition = Condition::kMoreEqual;
    } else if (inside.starts_with("<>")) {
      section_->condition = Condition::kNotEqual;
    } else {
      length = 1;
      section_->condition = inside[0] == '<'   ? Condition::kLess
                            : inside[0] == '>' ? Condition::kMore
                                               : Condition::kEqual;
    }
    section_->operand = std::strtod(std::string(inside.substr(length)).c_str(), nullptr);
  }

  bool ParseDateToken() {
    const char c = Lower(code_[at_]);
    if (ParseHalf()) return true;
    if (c == 'e' && !section_->tokens.empty() && !date_ && at_ + 1 < code_.size() &&
        (code_[at_ + 1] == '+' || code_[at_ + 1] == '-') && HasDigit()) {
      Add(Type::kExponent, code_.substr(at_, 2));
      at_ += 2;
      return true;
    }
    if (c == '.' && date_ && !section_->tokens.empty() && at_ + 1 < code_.size() &&
        code_[at_ + 1] == '0' && FollowsSecond()) {
      Add(Type::kSecondFraction, "", 0);
      ++at_;
      return true;
    }
    if (std::string_view("ymdhsegba").find(c) == std::string_view::npos) return false;
    size_t count = 0;
    while (at_ + count < code_.size() && Lower(code_[at_ + count]) == c) ++count;
    if (c == 'a' && count < 3) return false;
    // A "b" or "g" alone is more often a mistake in a text than an era.
    at_ += count;
    const auto length = static_cast<int>(count);
    switch (c) {
      case 'y':
        Add(Type::kYear, "", length <= 2 ? 2 : 4);
        break;
      case 'e':
        Add(Type::kYear, "", 4);
        break;
      case 'b':
        Add(Type::kBuddhistYear, "", length <= 2 ? 2 : 4);
        break;
      case 'm':
        Add(Type::kMonth, "", length);
        break;
      case 'd':
        Add(Type::kDay, "", length);
        break;
      case 'h':
        Add(Type::kHour, "", length);
        break;
      case 's':
        Add(Type::kSecond, "", length);
        break;
      case 'a':
        Add(Type::kWeekday, "", length);
        break;
      default:
        return true;  // An era's name.
    }
    date_ = true;
    return true;
  }

  bool ParseHalf() {
    for (const std::string_view half : {"am/pm", "a/p", "上午/下午"}) {
      if (!StartsWithIgnoringCase(rest(), half)) continue;
      Add(Type::kHalf, code_.substr(at_, half.size()));
      at_ += half.size();
      section_->half_days = true;
      date_ = true;
      return true;
    }
    return false;
  }

  bool HasDigit() const {
    return std::any_of(section_->tokens.begin(), section_->tokens.end(),
                       [](const FormatToken& token) { return token.type == Type::kDigit; });
  }

  bool FollowsSecond() const {
    const Type last = section_->tokens.back().type;
    return last == Type::kSecond || last == Type::kElapsedSeconds;
  }

  void Finish() {
    section_->thousands = pending_commas_;
    if (date_) {
      FinishDate();
    } else {
      FinishNumber();
    }
    date_ = false;
    pending_commas_ = 0;
  }

  // An m is minutes behind hours and before seconds.
  void FinishDate() {
    std::vector<FormatToken>& tokens = section_->tokens;
    FormatToken* before = nullptr;
    bool date = false;
    bool elapsed = false;
    for (FormatToken& token : tokens) {
      if (token.type == Type::kMonth && token.count <= 2 && before != nullptr &&
          (before->type == Type::kHour || before->type == Type::kElapsedHours)) {
        token.type = Type::kMinute;
      }
      if ((token.type == Type::kSecond || token.type == Type::kElapsedSeconds) &&
          before != nullptr && before->type == Type::kMonth && before->count <= 2) {
        before->type = Type::kMinute;
      }
      if (token.type == Type::kSecondFraction) section_->second_digits = std::min(token.count, 3);
      if (IsDate(token) && token.type != Type::kHalf && token.type != Type::kSecondFraction) {
        before = &token;
      }
    }
    for (const FormatToken& token : tokens) {
      date = date || (token.type >= Type::kYear && token.type <= Type::kWeekday);
      elapsed = elapsed || token.type >= Type::kElapsedHours;
    }
    section_->kind = elapsed ? FormatKind::kDuration : date ? FormatKind::kDate : FormatKind::kTime;
  }

  void FinishNumber() {
    bool point = false;
    bool exponent = false;
    for (const FormatToken& token : section_->tokens) {
      section_->has_text = section_->has_text || token.type == Type::kText;
      section_->has_general = section_->has_general || token.type == Type::kGeneral;
      section_->fraction = section_->fraction || token.type == Type::kSlash;
      section_->percents += token.type == Type::kPercent ? 1 : 0;
      point = point || token.type == Type::kPoint;
      exponent = exponent || token.type == Type::kExponent;
      if (token.type != Type::kDigit) continue;
      if (exponent) {
        ++section_->exponent_digits;
      } else if (point) {
        ++section_->digits_behind_point;
      } else {
        ++section_->digits_before_point;
      }
    }
  }

  const std::string_view code_;
  size_t at_ = 0;
  FormatSection* section_ = nullptr;
  bool date_ = false;
  int pending_commas_ = 0;
};

}  // namespace

std::vector<FormatSection> ParseFormat(std::string_view code) {
  constexpr size_t kSectionsMax = 4;
  std::vector<FormatSection> sections;
  SectionParser parser(code);
  bool more = true;
  while (more && sections.size() < kSectionsMax) more = parser.Parse(sections.emplace_back());
  return sections;
}

}  // namespace sluice::spreadsheet
