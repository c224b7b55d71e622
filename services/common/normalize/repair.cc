#include "common/normalize/repair.h"

#include <array>

namespace sluice::normalize {
namespace {

constexpr std::array<std::string_view, kRepairCount> kNames = {
    "control_removed",  "width_folded",         "unicode_composed",
    "trimmed",          "whitespace_collapsed", "placeholder_removed",
    "email_normalized", "phone_formatted",      "url_normalized"};

}  // namespace

std::string_view Name(Repair repair) {
  return kNames.at(static_cast<size_t>(repair));
}

std::optional<Repair> RepairByName(std::string_view name) {
  for (size_t i = 0; i < kNames.size(); ++i) {
    if (kNames.at(i) == name) return static_cast<Repair>(i);
  }
  return std::nullopt;
}

}  // namespace sluice::normalize
