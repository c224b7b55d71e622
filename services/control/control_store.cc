#include "control/control_store.h"

#include <fmt/format.h>

#include "common/base/status.h"

namespace sluice::control {

absl::Status CheckBinding(const Installation& installation, std::string_view log_id) {
  if (installation.log_id == log_id) return absl::OkStatus();
  return absl::FailedPreconditionError(
      fmt::format("the control database belongs to log {}, not to {}: restore both from one backup",
                  installation.log_id, log_id));
}

absl::Status NoSuchImport(std::string_view id) {
  return absl::NotFoundError(
      fmt::format("there is no import {}; `sluice imports list` shows them", id));
}

absl::StatusOr<std::string> OnlyId(const std::vector<std::string>& ids, std::string_view given) {
  if (ids.size() == 1) return ids[0];
  if (ids.empty()) {
    return absl::NotFoundError(
        fmt::format("there is no import '{}'; `sluice imports list` shows them", given));
  }
  return absl::InvalidArgumentError(
      fmt::format("several imports begin with '{}'; give more characters", given));
}

absl::Status ControlStore::VisitImports(const ImportVisitor& visit) {
  ImportQuery query;
  query.limit = 100;
  while (true) {
    SLUICE_ASSIGN_OR_RETURN(const std::vector<ImportRecord> page, ReadImports(query));
    for (const ImportRecord& import : page) SLUICE_RETURN_IF_ERROR(visit(import));
    if (page.size() < static_cast<size_t>(query.limit)) return absl::OkStatus();
    query.before = page.back().sequence;
  }
}

absl::Status ControlStore::VisitResults(std::string_view id, const ResultVisitor& visit) {
  // A result is at most pipeline::kResultBytesMax, and most are much smaller.
  constexpr int64_t kPage = 32;
  for (int64_t last = 0;;) {
    SLUICE_ASSIGN_OR_RETURN(const std::vector<StoredResult> page, ReadResults(id, last, kPage));
    for (const StoredResult& stored : page) SLUICE_RETURN_IF_ERROR(visit(stored.result));
    if (page.size() < static_cast<size_t>(kPage)) return absl::OkStatus();
    last = page.back().number;
  }
}

}  // namespace sluice::control
