// CleanRecord of proto/sluice/record/v1/record.proto as views on its bytes.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/record/record_header.h"

namespace sluice::record {

struct CleanCell {
  // Normal form; empty = blank.
  std::string_view value;
  // Original text of a value that did not fit and is to be kept; else empty.
  std::string_view unfit;
  // Blank, though the source did not say so: what stood there did not fit, or there was no cell.
  bool withheld = false;
};

// Views into the bytes given to Parse, which must outlive it. Reuse one object for many records.
struct CleanRecordView {
  RecordHeader header;
  std::vector<CleanCell> cells;

  bool Parse(std::string_view bytes);
};

void AppendCleanRecord(const RecordHeader& header, std::span<const CleanCell> cells,
                       std::string& out);

}  // namespace sluice::record
