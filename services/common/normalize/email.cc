#include "common/normalize/email.h"

#include <idn2.h>

#include <algorithm>
#include <array>
#include <memory>

#include "common/normalize/unicode.h"

namespace sluice::normalize {
namespace {

constexpr size_t kMaxLocal = 64;
constexpr size_t kMaxDomain = 255;
constexpr size_t kMaxAddress = 254;
constexpr size_t kMaxLabel = 63;

enum CharacterClass : uint8_t { kOther = 0, kAtext = 1, kLetterDigit = 2, kUpper = 4 };

constexpr std::array<uint8_t, 256> MakeClasses() {
  std::array<uint8_t, 256> classes{};
  for (const char c : std::string_view("!#$%&'*+-/=?^_`{|}~")) {
    classes[static_cast<unsigned char>(c)] = kAtext;
  }
  for (unsigned c = '0'; c <= '9'; ++c) classes[c] = kAtext | kLetterDigit;
  for (unsigned c = 'a'; c <= 'z'; ++c) classes[c] = kAtext | kLetterDigit;
  for (unsigned c = 'A'; c <= 'Z'; ++c) classes[c] = kAtext | kLetterDigit | kUpper;
  return classes;
}
constexpr std::array<uint8_t, 256> kClasses = MakeClasses();

uint8_t ClassOf(char c) {
  return kClasses[static_cast<unsigned char>(c)];
}
bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}
char Lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

bool StartsWithMailto(std::string_view text) {
  constexpr std::string_view kMailto = "mailto:";
  return text.size() > kMailto.size() &&
         std::equal(kMailto.begin(), kMailto.end(), text.begin(),
                    [](char wanted, char c) { return wanted == Lower(c); });
}

// Takes the address out of `Name <address>`, `<address>` and `mailto:address?subject=...`.
std::string_view Unwrap(std::string_view text) {
  if (!text.empty() && text.back() == '>') {
    const size_t open = text.rfind('<');
    if (open != std::string_view::npos) text = text.substr(open + 1, text.size() - open - 2);
  }
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  if (StartsWithMailto(text)) {
    text.remove_prefix(7);
    const size_t at = text.rfind('@');
    if (at != std::string_view::npos) text = text.substr(0, text.find('?', at));
  }
  return text;
}

// Dots only between atoms; atoms of atext or, beyond ASCII, of letters.
bool IsDotAtom(std::string_view local) {
  if (local.empty() || local.size() > kMaxLocal) return false;
  bool after_dot = true;
  for (size_t at = 0; at < local.size();) {
    bool well_formed = true;
    const char32_t c = NextCharacter(local, at, well_formed);
    if (!well_formed) return false;
    if (c == '.') {
      if (after_dot) return false;
      after_dot = true;
      continue;
    }
    after_dot = false;
    const bool allowed = c < 0x80 ? (kClasses[c] & kAtext) != 0 : IsNameCharacter(c);
    if (!allowed) return false;
  }
  return !after_dot;
}

// A host name of letters, digits and hyphens in at least two labels, the last not all digits.
bool IsHostName(std::string_view domain) {
  if (domain.empty() || domain.size() > kMaxDomain) return false;
  size_t label_begin = 0;
  size_t labels = 0;
  bool digits_only = true;
  for (size_t i = 0; i <= domain.size(); ++i) {
    if (i < domain.size() && domain[i] != '.') {
      if ((ClassOf(domain[i]) & kLetterDigit) == 0 && domain[i] != '-') return false;
      continue;
    }
    const std::string_view label = domain.substr(label_begin, i - label_begin);
    if (label.empty() || label.size() > kMaxLabel) return false;
    if (label.front() == '-' || label.back() == '-') return false;
    digits_only = std::all_of(label.begin(), label.end(), IsDigit);
    ++labels;
    label_begin = i + 1;
  }
  return labels >= 2 && !digits_only;
}

// True when IDNA has a say in the label: it is not ASCII, or claims to be an A-label.
bool NeedsIdna(std::string_view label) {
  if (label.size() >= 4 && Lower(label[0]) == 'x' && Lower(label[1]) == 'n' && label[2] == '-' &&
      label[3] == '-') {
    return true;
  }
  return std::any_of(label.begin(), label.end(), [](char c) { return (c & 0x80) != 0; });
}

// Appends the label's A-label; false when it has none.
bool AppendIdnaLabel(const std::string& label, std::string& out) {
  char* found = nullptr;
  const int code =
      idn2_lookup_u8(reinterpret_cast<const uint8_t*>(label.c_str()),
                     reinterpret_cast<uint8_t**>(&found), IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
  const std::unique_ptr<char, void (*)(void*)> owned(found, idn2_free);
  if (code != IDN2_OK || found == nullptr) return false;
  out.append(found);
  return true;
}

// The full stops of UTS 46 become dots.
std::string WithAsciiDots(std::string_view domain) {
  std::string out;
  for (size_t at = 0; at < domain.size();) {
    bool well_formed = true;
    const char32_t c = NextCharacter(domain, at, well_formed);
    AppendCharacter(out, c == 0x3002 || c == 0xFF0E || c == 0xFF61 ? U'.' : c);
  }
  return out;
}

// Appends the domain in A-labels and lower case; false when it is none.
bool AppendDomain(std::string_view typed, std::string& out) {
  const std::string domain = WithAsciiDots(typed);
  const size_t begin = out.size();
  for (size_t at = 0; at <= domain.size();) {
    const size_t end = std::min(domain.find('.', at), domain.size());
    const std::string label = domain.substr(at, end - at);
    if (at > 0) out.push_back('.');
    if (NeedsIdna(label)) {
      if (!AppendIdnaLabel(label, out)) return false;
    } else {
      std::transform(label.begin(), label.end(), std::back_inserter(out), Lower);
    }
    at = end + 1;
  }
  return IsHostName(std::string_view(out).substr(begin));
}

ValueResult Accept(std::string_view value, bool changed) {
  return ValueResult::Accept(value, changed ? RepairSet{Repair::kEmailNormalized} : RepairSet{});
}

// What one look at an address of plain ASCII finds.
struct Glance {
  bool plain = false;  // it is valid, and its lower case is the normal form
  bool upper = false;
};

Glance LookAt(std::string_view text) {
  Glance glance;
  uint8_t seen = 0;
  size_t at = 0;
  bool after_dot = true;
  for (; at < text.size() && text[at] != '@'; ++at) {
    const uint8_t kind = ClassOf(text[at]);
    if (text[at] == '.') {
      if (after_dot) return glance;
      after_dot = true;
      continue;
    }
    if ((kind & kAtext) == 0) return glance;
    seen |= kind;
    after_dot = false;
  }
  if (after_dot || at > kMaxLocal || at >= text.size() || text.size() > kMaxAddress) return glance;
  size_t label_begin = at + 1;
  size_t labels = 0;
  bool letter = false;
  for (size_t i = at + 1; i <= text.size(); ++i) {
    if (i < text.size() && text[i] != '.') {
      const uint8_t kind = ClassOf(text[i]);
      if ((kind & kLetterDigit) == 0 && text[i] != '-') return glance;
      seen |= kind;
      letter = letter || !IsDigit(text[i]);
      continue;
    }
    const size_t length = i - label_begin;
    if (length == 0 || length > kMaxLabel || text[label_begin] == '-' || text[i - 1] == '-' ||
        NeedsIdna(text.substr(label_begin, length))) {
      return glance;
    }
    ++labels;
    label_begin = i + 1;
    if (i < text.size()) letter = false;
  }
  glance.plain = labels >= 2 && letter;
  glance.upper = (seen & kUpper) != 0;
  return glance;
}

}  // namespace

ValueResult EmailNormalizer::Normalize(std::string_view text, std::string& buffer) const {
  const Glance glance = LookAt(text);
  if (!glance.plain) return NormalizeFull(text, buffer);
  if (!glance.upper) return ValueResult::Accept(text);
  buffer.assign(text);
  std::transform(buffer.begin(), buffer.end(), buffer.begin(), Lower);
  return Accept(buffer, true);
}

ValueResult EmailNormalizer::NormalizeFull(std::string_view text, std::string& buffer) const {
  const std::string_view address = Unwrap(text);
  const size_t at = address.rfind('@');
  if (at == std::string_view::npos) return ValueResult::Refuse(kInvalidEmail);
  std::string lower;
  AppendLower(address.substr(0, at), lower);
  std::string out;
  AppendNfc(lower, out);
  if (!IsDotAtom(out)) return ValueResult::Refuse(kInvalidEmail);
  out.push_back('@');
  if (!AppendDomain(address.substr(at + 1), out) || out.size() > kMaxAddress) {
    return ValueResult::Refuse(kInvalidEmail);
  }
  buffer = std::move(out);
  return Accept(buffer, std::string_view(buffer) != text);
}

}  // namespace sluice::normalize
