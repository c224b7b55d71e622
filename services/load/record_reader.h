// What stands in a sink now, for looking at it: reads one dataset's table, makes and changes
// nothing.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "sluice/plan/v1/plan.pb.h"

namespace sluice::load {

struct RecordQuery {
  ::sluice::plan::v1::Dataset dataset;
  // A column of the dataset, or "id", and the value it must have.
  struct Condition {
    std::string column;
    std::string value;
  };
  std::vector<Condition> match;
  // Below 0: all.
  int64_t limit = -1;
};

// Values as text: id, the dataset's fields in order, custom. Nothing = NULL.
using RecordVisitor = std::function<void(const std::vector<std::optional<std::string>>& values)>;

// Visits the rows in the order of their ids, as they stand at one moment. A table that is not there
// has none. NotFound when there is no such database; otherwise as OpenSink.
absl::Status VisitRecords(std::string_view url, const RecordQuery& query,
                          const RecordVisitor& visit);

}  // namespace sluice::load
