// MappedRecord of proto/sluice/record/v1/record.proto as views on its bytes.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/record/record_header.h"

namespace sluice::record {

struct FieldValue {
  // Index of the field in the plan's dataset.
  uint32_t field = 0;
  // Never empty: a blank field is absent.
  std::string_view value;
};

struct CustomValue {
  std::string_view name;
  std::string_view value;
};

// What the blank cells of a record clear in the row it meets.
struct Cleared {
  // Indexes of fields, ascending.
  std::vector<uint32_t> fields;
  // Names below `custom`, ascending.
  std::vector<std::string_view> custom;

  void Clear() {
    fields.clear();
    custom.clear();
  }
};

// Views into the bytes given to Parse, which must outlive it. Reuse one object for many records.
struct MappedRecordView {
  RecordHeader header;
  std::string_view dataset;
  // Ascending by field.
  std::vector<FieldValue> fields;
  // Ascending by name.
  std::vector<CustomValue> custom;
  Cleared cleared;

  bool Parse(std::string_view bytes);
};

// Bytes of a record with these values, without its header; at most.
size_t MappedSize(std::span<const FieldValue> fields, std::span<const CustomValue> custom,
                  const Cleared& cleared);
void AppendMappedRecord(const RecordHeader& header, std::string_view dataset,
                        std::span<const FieldValue> fields, std::span<const CustomValue> custom,
                        const Cleared& cleared, std::string& out);

}  // namespace sluice::record
