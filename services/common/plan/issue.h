// Something said about one value of one row (docs/cleaning.md). Data, not an error.
#pragma once

#include <string_view>

namespace sluice::plan {

// Views are valid until the next row is worked on; codes forever.
struct Issue {
  std::string_view code;
  // The field, or the column for values that reach none.
  std::string_view field;
  std::string_view before;
  std::string_view after;
};

namespace issue_code {
inline constexpr std::string_view kShortRow = "short_row";
inline constexpr std::string_view kLongRow = "long_row";
inline constexpr std::string_view kRowTooLarge = "row_too_large";
inline constexpr std::string_view kUndecodable = "undecodable";
inline constexpr std::string_view kMixedEncoding = "mixed_encoding";
inline constexpr std::string_view kErrorValue = "error_value";
inline constexpr std::string_view kNotComputed = "not_computed";
inline constexpr std::string_view kDigitsLost = "digits_lost";
inline constexpr std::string_view kScientificNotation = "scientific_notation";
inline constexpr std::string_view kTooLong = "too_long";
inline constexpr std::string_view kUnknownOption = "unknown_option";
inline constexpr std::string_view kExpressionFailed = "expression_failed";
inline constexpr std::string_view kRequiredMissing = "required_missing";
inline constexpr std::string_view kConflictingValue = "conflicting_value";
inline constexpr std::string_view kLinkedByWeakerRule = "linked_by_weaker_rule";
inline constexpr std::string_view kDuplicateInImport = "duplicate_in_import";
inline constexpr std::string_view kRepeatedRequest = "repeated_request";
inline constexpr std::string_view kExists = "exists";
inline constexpr std::string_view kSkipWhen = "skip_when";
inline constexpr std::string_view kCancelled = "cancelled";
inline constexpr std::string_view kAmbiguousMatch = "ambiguous_match";
inline constexpr std::string_view kKeyTaken = "key_taken";
inline constexpr std::string_view kNotWanted = "not_wanted";
inline constexpr std::string_view kNoSuchRow = "no_such_row";
inline constexpr std::string_view kUnresolvedReference = "unresolved_reference";
inline constexpr std::string_view kAmbiguousReference = "ambiguous_reference";
inline constexpr std::string_view kDamagedRecord = "damaged_record";
}  // namespace issue_code

}  // namespace sluice::plan
