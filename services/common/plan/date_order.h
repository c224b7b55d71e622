// In which order a column writes its dates, judged by a sample of it: never guessed, and never one
// value at a time.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "common/normalize/date.h"
#include "sluice/plan/v1/plan.pb.h"

namespace sluice::plan {

namespace planpb = ::sluice::plan::v1;

// Values of the sample whose year comes last, by what they can be read as.
struct DateEvidence {
  // A first number above 12, or a second one.
  uint32_t day_first = 0;
  uint32_t month_first = 0;
  // Both are possible and not the same day.
  uint32_t either = 0;

  // What all values that say something agree on; else unspecified.
  planpb::DateOrder order() const;
  // Values stand there that nobody can read without being told.
  bool undecided() const { return either > 0 && order() == planpb::DATE_ORDER_UNSPECIFIED; }
};

// Of these columns of the sample together. Rows may be shorter. Thread-safe.
DateEvidence JudgeDates(std::span<const std::vector<std::string>> rows,
                        std::span<const uint32_t> columns);

bool IsDate(planpb::FieldType type);
normalize::DateOrder OrderOf(planpb::DateOrder order);

}  // namespace sluice::plan
