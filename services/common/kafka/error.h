// librdkafka's errors as Status, and what a transaction's error asks for.
#pragma once

#include <librdkafka/rdkafka.h>

#include <memory>
#include <string_view>

#include "absl/status/status.h"

namespace sluice::kafka {

struct ErrorDelete {
  void operator()(rd_kafka_error_t* error) const { rd_kafka_error_destroy(error); }
};
// Null = no error.
using Error = std::unique_ptr<rd_kafka_error_t, ErrorDelete>;

// "what: reason". Unavailable when the brokers may answer later, PermissionDenied,
// FailedPrecondition and InvalidArgument when somebody must change something, Aborted for a member
// or producer that was replaced, Internal for the rest.
absl::Status ToStatus(rd_kafka_resp_err_t error, std::string_view what,
                      std::string_view reason = {});
absl::Status ToStatus(const rd_kafka_error_t& error, std::string_view what);

// The same message with another code.
absl::Status WithCode(absl::StatusCode code, const absl::Status& status);

// What to do after a failed call of a transaction.
enum class Verdict {
  kRetry,  // the same call again
  kAbort,  // abort; the producer goes on
  kRenew,  // the producer is lost; whether it wrote is not known
};
Verdict Judge(const rd_kafka_error_t& error);

}  // namespace sluice::kafka
