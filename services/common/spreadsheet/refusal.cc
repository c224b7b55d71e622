#include "common/spreadsheet/refusal.h"

#include <optional>

#include "absl/strings/cord.h"

namespace sluice::spreadsheet {
namespace {

constexpr char kPayload[] = "sluice/refusal";

absl::string_view Abseil(std::string_view text) {
  return {text.data(), text.size()};
}

}  // namespace

std::string_view Code(Refusal reason) {
  switch (reason) {
    case Refusal::kEncrypted:
      return "encrypted";
    case Refusal::kCorrupt:
      return "corrupt";
    case Refusal::kDoctype:
      return "doctype";
    case Refusal::kBomb:
      return "bomb";
    case Refusal::kTooLarge:
      return "too_large";
    case Refusal::kUnsupported:
      return "unsupported";
    case Refusal::kNoTable:
      return "no_table";
    case Refusal::kNoHeader:
      return "no_header";
    case Refusal::kNoColumn:
      return "no_column";
  }
  return "corrupt";
}

absl::Status Refuse(Refusal reason, std::string_view message) {
  absl::Status status = absl::InvalidArgumentError(Abseil(message));
  status.SetPayload(kPayload, absl::Cord(Abseil(Code(reason))));
  return status;
}

std::string RefusalCode(const absl::Status& status) {
  const auto payload = status.GetPayload(kPayload);
  return payload.has_value() ? std::string(*payload) : std::string();
}

}  // namespace sluice::spreadsheet
