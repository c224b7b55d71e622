// RawRecord of proto/sluice/record/v1/record.proto as views on its bytes.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/record/record_header.h"

namespace sluice::record {

struct RawCell {
  std::string_view text;
  // CellType; 0 = text.
  uint32_t type = 0;
  std::string_view raw;
  std::string_view number_format;
};

// Views into the bytes given to Parse, which must outlive it. Reuse one object for many records.
struct RawRecordView {
  RecordHeader header;
  std::vector<RawCell> cells;
  std::string_view problem;
  // 16 bytes, or empty when it was not pushed.
  std::string_view request;
  uint64_t taken_at_seconds = 0;

  // False when the bytes are not a RawRecord.
  bool Parse(std::string_view bytes);
};

// Appends a RawRecord of plain text cells to `out`. A pushed one gets AppendRequest behind it.
void AppendRawRecord(const RecordHeader& header, std::span<const std::string_view> cells,
                     std::string_view problem, std::string& out);
// The same with typed cells.
void AppendRawRecord(const RecordHeader& header, std::span<const RawCell> cells,
                     std::string_view problem, std::string& out);
void AppendRequest(std::string_view request, uint64_t taken_at_seconds, std::string& out);

}  // namespace sluice::record
