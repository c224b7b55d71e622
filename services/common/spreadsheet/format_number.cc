#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "common/spreadsheet/decimal_digits.h"
#include "common/spreadsheet/number_format.h"

namespace sluice::spreadsheet {
namespace {

using Type = FormatToken::Type;

// What a digit's place shows where the number has no digit.
void AppendPlaceholder(char place, std::string& out) {
  if (place == '0') out += '0';
  if (place == '?') out += ' ';
}

// Gives out the digits before the point, one place after the other.
class WholeDigits {
 public:
  WholeDigits(std::string whole, int places, bool grouped)
      : whole_(std::move(whole)), left_(places), grouped_(grouped) {}

  void AppendPlace(char place, std::string& out) {
    const auto length = static_cast<int>(whole_.size());
    if (first_) {
      // Digits without a place of their own stand in the first.
      for (int at = length; at > left_; --at) AppendDigit(at, out);
      first_ = false;
    }
    if (left_ <= length) {
      AppendDigit(left_, out);
    } else {
      AppendPlaceholder(place, out);
      if (place == '0') AppendSeparator(left_, out);
    }
    --left_;
  }

 private:
  // `at` from the right, 1 for the last digit.
  void AppendDigit(int at, std::string& out) {
    out += whole_[whole_.size() - static_cast<size_t>(at)];
    AppendSeparator(at, out);
  }
  void AppendSeparator(int at, std::string& out) const {
    if (grouped_ && at > 1 && at % 3 == 1) out += ',';
  }

  const std::string whole_;
  int left_;
  const bool grouped_;
  bool first_ = true;
};

// The digits of `number`, then the section's other tokens around them.
void AppendPlaces(const FormatSection& section, DecimalDigits number, int exponent,
                  std::string& out) {
  const int places = section.digits_behind_point;
  number.Round(places);
  WholeDigits whole(number.Whole(), section.digits_before_point, section.grouped);
  const std::string fraction = number.Fraction(places);
  const size_t used = fraction.find_last_not_of('0') + 1;
  size_t behind = 0;
  bool point = false;
  bool power = false;
  for (const FormatToken& token : section.tokens) {
    switch (token.type) {
      case Type::kDigit:
        if (power) break;
        if (!point) {
          whole.AppendPlace(token.text[0], out);
        } else if (behind < used) {
          out += fraction[behind++];
        } else {
          AppendPlaceholder(token.text[0], out);
          ++behind;
        }
        break;
      case Type::kPoint:
        // Of a format like ".00" the digits before the point have no place but must be seen.
        if (!point && section.digits_before_point == 0) out += number.Whole();
        if (!point) out += '.';
        point = true;
        break;
      case Type::kExponent:
        power = true;
        out += 'E';
        if (exponent < 0) out += '-';
        if (exponent >= 0 && token.text[1] == '+') out += '+';
        out += fmt::format("{:0{}}", std::abs(exponent), section.exponent_digits);
        break;
      case Type::kLiteral:
      case Type::kPercent:
      case Type::kSlash:
        out += token.text;
        break;
      default:
        break;
    }
  }
}

void AppendScientific(const FormatSection& section, double value, std::string& out) {
  DecimalDigits digits = DecimalDigits::Of(value);
  const int step = std::max(1, section.digits_before_point);
  int exponent = digits.digits.empty() ? 0 : digits.exponent - 1;
  for (int tries = 0; tries < 2; ++tries) {
    // With several digits before the point the exponent is a multiple of their number.
    const int lower =
        exponent >= 0 ? exponent / step * step : -((-exponent + step - 1) / step) * step;
    DecimalDigits mantissa = digits;
    mantissa.exponent -= lower;
    mantissa.Round(section.digits_behind_point);
    if (mantissa.exponent > step && tries == 0) {
      // 9.99 was rounded up to 10.
      exponent = lower + step;
      continue;
    }
    AppendPlaces(section, mantissa, lower, out);
    return;
  }
}

struct Ratio {
  int64_t numerator = 0;
  int64_t denominator = 1;
};

// The fraction nearest to `part`, which is below 1.
Ratio Nearest(double part, int64_t denominator_max) {
  Ratio best;
  double least = part;
  for (int64_t denominator = 1; denominator <= denominator_max; ++denominator) {
    const int64_t numerator = std::llround(part * static_cast<double>(denominator));
    const double error =
        std::fabs(part - static_cast<double>(numerator) / static_cast<double>(denominator));
    if (error < least - 1e-15) {
      least = error;
      best = {numerator, denominator};
    }
  }
  return best;
}

// Where the parts of a fraction stand among a section's tokens.
struct FractionPlaces {
  size_t numerator = 0;
  size_t slash = 0;
  size_t end = 0;
  // A denominator that is written out, or 0.
  int64_t fixed = 0;
};

FractionPlaces FindFraction(const std::vector<FormatToken>& tokens) {
  FractionPlaces places;
  while (places.slash < tokens.size() && tokens[places.slash].type != Type::kSlash) ++places.slash;
  places.numerator = places.slash;
  while (places.numerator > 0 && tokens[places.numerator - 1].type == Type::kDigit) {
    --places.numerator;
  }
  places.end = places.slash + 1;
  while (places.end < tokens.size() && tokens[places.end].type == Type::kDigit) ++places.end;
  if (places.end > places.slash + 1) return places;
  // A denominator that is given: 16, or 10, of which the 0 is a digit of the format elsewhere.
  std::string given;
  for (; places.end < tokens.size(); ++places.end) {
    const FormatToken& token = tokens[places.end];
    const bool number = token.type == Type::kLiteral && !token.text.empty() &&
                        token.text.front() >= '0' && token.text.front() <= '9';
    const bool zero = token.type == Type::kDigit && token.text == "0" && !given.empty();
    if (!number && !zero) break;
    given += token.text;
  }
  places.fixed = std::strtoll(given.c_str(), nullptr, 10);
  return places;
}

void AppendFraction(const FormatSection& section, double value, std::string& out) {
  const std::vector<FormatToken>& tokens = section.tokens;
  const FractionPlaces places = FindFraction(tokens);
  const bool whole_shown =
      std::any_of(tokens.begin(), tokens.begin() + static_cast<long>(places.numerator),
                  [](const FormatToken& token) { return token.type == Type::kDigit; });
  const size_t width = places.slash - places.numerator;
  const size_t below = places.end - places.slash - 1;
  double whole = std::floor(value);
  Ratio ratio;
  if (places.fixed > 0) {
    ratio = {std::llround((value - whole) * static_cast<double>(places.fixed)), places.fixed};
  } else {
    ratio = Nearest(value - whole, below >= 4 ? 9999 : below == 3 ? 999 : below == 2 ? 99 : 9);
  }
  if (ratio.numerator == ratio.denominator && whole_shown) {
    whole += 1;
    ratio.numerator = 0;
  }
  if (!whole_shown) ratio.numerator += static_cast<int64_t>(whole) * ratio.denominator;
  bool whole_given = false;
  for (size_t i = 0; i < places.numerator; ++i) {
    if (tokens[i].type == Type::kLiteral) out += tokens[i].text;
    if (tokens[i].type != Type::kDigit || whole_given) continue;
    whole_given = true;
    if (whole > 0 || ratio.numerator == 0 || tokens[i].text == "0") AppendGeneral(whole, out);
  }
  if (ratio.numerator == 0 && whole_shown) {
    out.append(width + 1 + std::max<size_t>(below, 1), ' ');
  } else {
    out += fmt::format("{:>{}}/{:<{}}", ratio.numerator, width, ratio.denominator, below);
  }
  for (size_t i = places.end; i < tokens.size(); ++i) {
    if (tokens[i].type == Type::kLiteral) out += tokens[i].text;
  }
}

}  // namespace

void AppendNumberSection(const FormatSection& section, double value, std::string& out) {
  if (section.has_general || section.has_text) {
    for (const FormatToken& token : section.tokens) {
      if (token.type == Type::kGeneral || token.type == Type::kText) {
        AppendGeneral(value, out);
      } else {
        out += token.text;
      }
    }
    return;
  }
  if (section.fraction) {
    constexpr double kWhole = 1e15;  // No digit is left for a fraction.
    value < kWhole ? AppendFraction(section, value, out) : AppendGeneral(value, out);
    return;
  }
  if (section.exponent_digits > 0) {
    AppendScientific(section, value, out);
    return;
  }
  DecimalDigits digits = DecimalDigits::Of(value);
  digits.exponent += 2 * section.percents - 3 * section.thousands;
  AppendPlaces(section, std::move(digits), 0, out);
}

}  // namespace sluice::spreadsheet
