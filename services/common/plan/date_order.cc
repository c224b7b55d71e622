#include "common/plan/date_order.h"

#include "common/normalize/text.h"

namespace sluice::plan {

planpb::DateOrder DateEvidence::order() const {
  if (day_first > 0 && month_first == 0) return planpb::DATE_ORDER_DMY;
  if (month_first > 0 && day_first == 0) return planpb::DATE_ORDER_MDY;
  return planpb::DATE_ORDER_UNSPECIFIED;
}

DateEvidence JudgeDates(std::span<const std::vector<std::string>> rows,
                        std::span<const uint32_t> columns) {
  DateEvidence evidence;
  std::string buffer;
  for (const std::vector<std::string>& row : rows) {
    for (const uint32_t column : columns) {
      if (column >= row.size() || row[column].empty()) continue;
      const auto text =
          normalize::NormalizeText(row[column], normalize::TextKind::kLine, {}, buffer);
      const normalize::DateReadings readings = normalize::ReadingsOf(text.value);
      if (readings.day_first && readings.month_first) {
        evidence.either += readings.differ ? 1 : 0;
      } else if (readings.day_first) {
        ++evidence.day_first;
      } else if (readings.month_first) {
        ++evidence.month_first;
      }
    }
  }
  return evidence;
}

bool IsDate(planpb::FieldType type) {
  return type == planpb::FIELD_TYPE_DATE || type == planpb::FIELD_TYPE_DATETIME;
}

normalize::DateOrder OrderOf(planpb::DateOrder order) {
  switch (order) {
    case planpb::DATE_ORDER_YMD:
      return normalize::DateOrder::kYearFirst;
    case planpb::DATE_ORDER_DMY:
      return normalize::DateOrder::kDayFirst;
    case planpb::DATE_ORDER_MDY:
      return normalize::DateOrder::kMonthFirst;
    default:
      return normalize::DateOrder::kUnknown;
  }
}

}  // namespace sluice::plan
