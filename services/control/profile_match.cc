#include "control/profile_match.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "common/base/hash.h"
#include "common/formats/result_columns.h"
#include "common/normalize/text.h"

namespace sluice::control {
namespace {

constexpr size_t kFingerprintDigits = 16;
constexpr size_t kCloseMax = 3;
// Of all headers of both, those that are the same.
constexpr double kCloseShare = 0.5;

// A header as it stands, and as it is compared.
struct Header {
  std::string key;
  std::string text;
  friend bool operator<(const Header& a, const Header& b) { return a.key < b.key; }
};

std::string KeyOf(std::string_view header) {
  std::string buffer;
  std::string key(
      normalize::NormalizeText(header, normalize::TextKind::kBoolean, {}, buffer).value);
  for (char& c : key) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return key;
}

std::vector<Header> HeadersOf(const std::vector<std::string>& columns) {
  std::vector<Header> headers;
  for (size_t i = 0; i < columns.size(); ++i) {
    if (formats::IsResultColumn(columns, i)) continue;
    headers.push_back({KeyOf(columns[i]), columns[i]});
  }
  return headers;
}

std::vector<Header> SortedHeadersOf(const std::vector<std::string>& columns) {
  std::vector<Header> headers = HeadersOf(columns);
  std::sort(headers.begin(), headers.end());
  return headers;
}

std::vector<std::string> ColumnsOf(const controlpb::Profile& profile) {
  return {profile.columns().begin(), profile.columns().end()};
}

// Headers that only the profile has, and only the file; the share that both have.
double Compare(const std::vector<Header>& known, const std::vector<Header>& found,
               controlpb::ProfileMatch& match) {
  std::vector<Header> missing;
  std::vector<Header> added;
  std::set_difference(known.begin(), known.end(), found.begin(), found.end(),
                      std::back_inserter(missing));
  std::set_difference(found.begin(), found.end(), known.begin(), known.end(),
                      std::back_inserter(added));
  for (const Header& header : missing) match.add_missing(header.text);
  for (const Header& header : added) match.add_added(header.text);
  const auto common = static_cast<double>(known.size() - missing.size());
  return common / (common + static_cast<double>(missing.size() + added.size()));
}

}  // namespace

std::string FingerprintOf(const std::vector<std::string>& columns, bool ordered) {
  base::Sha256 hash;
  hash.Update(ordered ? "ordered\n" : "any\n");
  for (const Header& header : ordered ? HeadersOf(columns) : SortedHeadersOf(columns)) {
    hash.Update(header.key);
    hash.Update("\n");
  }
  return hash.FinishHex().substr(0, kFingerprintDigits);
}

bool ReadsByPosition(std::string_view mapping) {
  constexpr std::string_view kCell = "cell";
  for (size_t at = mapping.find(kCell); at != mapping.npos; at = mapping.find(kCell, at + 1)) {
    std::string_view rest = mapping.substr(at + kCell.size());
    const size_t open = rest.find_first_not_of(" \t");
    if (open == rest.npos || rest[open] != '[') continue;
    rest.remove_prefix(open + 1);
    const size_t index = rest.find_first_not_of(" \t\\");
    if (index == rest.npos || (rest[index] != '"' && rest[index] != '\'')) return true;
  }
  return false;
}

std::vector<controlpb::ProfileMatch> MatchProfiles(const std::vector<controlpb::Profile>& profiles,
                                                   const std::vector<std::string>& columns) {
  const std::vector<Header> found = SortedHeadersOf(columns);
  std::vector<controlpb::ProfileMatch> exact;
  std::vector<std::pair<double, controlpb::ProfileMatch>> close;
  for (const controlpb::Profile& profile : profiles) {
    const std::vector<std::string> known = ColumnsOf(profile);
    if (known.empty() || found.empty()) continue;
    controlpb::ProfileMatch match;
    *match.mutable_profile() = profile;
    const bool ordered = ReadsByPosition(profile.mapping());
    match.set_exact(FingerprintOf(known, ordered) == FingerprintOf(columns, ordered));
    const double share = Compare(SortedHeadersOf(known), found, match);
    if (match.exact()) {
      exact.push_back(std::move(match));
    } else if (share >= kCloseShare) {
      close.emplace_back(share, std::move(match));
    }
  }
  std::stable_sort(close.begin(), close.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  for (size_t i = 0; i < std::min(kCloseMax, close.size()); ++i) {
    exact.push_back(std::move(close[i].second));
  }
  return exact;
}

}  // namespace sluice::control
