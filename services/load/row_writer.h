// Changes a sink row and its journal together (design section 7). An import extends its own entry
// only while it is the row's newest and every field it would change again still holds what it
// wrote.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "load/custom_json.h"
#include "load/sink.h"
#include "sluice/record/v1/result.pb.h"

namespace sluice::load {

namespace recordpb = ::sluice::record::v1;

// A field to be written. `field` is its index in the dataset, or kCustomField for "custom.<key>".
struct FieldWrite {
  static constexpr int kCustomField = -1;
  int field = kCustomField;
  // As the journal names it.
  std::string name;
  // Custom fields: a JSON token. Nothing: the field is cleared.
  std::optional<std::string> value;
};

// Thread-compatible. The sink outlives it.
class RowWriter {
 public:
  explicit RowWriter(Sink& sink) : sink_(sink) {}

  // Writes the fields into the row and the journal. `row` and `custom` hold the row as it stands
  // and are brought up to date. Returns what the import has now done to the row: added when it
  // created it, updated when an entry of it remains, else unchanged.
  absl::StatusOr<recordpb::Outcome> Write(const SinkDataset& dataset, uint64_t import_sequence,
                                          uint64_t source_row,
                                          const std::vector<FieldWrite>& writes, SinkRow& row,
                                          CustomFields& custom);

 private:
  Sink& sink_;
};

// The value that stands, or nothing.
std::optional<std::string> CurrentValue(const FieldWrite& write, const SinkRow& row,
                                        const CustomFields& custom);

}  // namespace sluice::load
