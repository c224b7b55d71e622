// What every record carries through all stages: which import, which row, which customer.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/wire.h"

namespace sluice::record {

// Fields 1 to 7, `part` and `resubmission` of RawRecord, CleanRecord and MappedRecord. Views point
// into the message read, or into what the writer holds.
struct RecordHeader {
  std::string_view import_id;
  uint32_t revision = 0;
  uint32_t round = 0;
  // Number of the record in the whole source, from 0.
  uint64_t ordinal = 0;
  // The number a spreadsheet shows.
  uint64_t row = 0;
  // 16 bytes, or empty when no identity rule is complete.
  std::string_view identity;
  uint32_t identity_rule = 0;
  // Part of the plan.
  uint32_t part = 0;
  // A Resubmission; empty in round 0.
  std::string_view resubmission;
};

void WriteHeader(const RecordHeader& header, base::WireWriter& out);

// Takes one field if it belongs to the header.
bool ReadHeaderField(const base::WireReader& in, RecordHeader& header);

// Reads only the header of any of the three records; false when the bytes are not one.
bool ParseHeader(std::string_view bytes, RecordHeader& header);

}  // namespace sluice::record
