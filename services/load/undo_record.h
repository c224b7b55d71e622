// What a rollback has taken back, as it is kept for a redo: chunks of rows in the order they were
// undone, each of one dataset.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "load/row_undo.h"
#include "sluice/storage/v1/storage.pb.h"

namespace sluice::load {

namespace storagepb = ::sluice::storage::v1;

// Collects one chunk. Thread-compatible.
class UndoneRecorder {
 public:
  explicit UndoneRecorder(std::string_view dataset) { rows_.set_dataset(std::string(dataset)); }

  void Add(RowId id, const Undone& undone);
  bool empty() const { return rows_.rows().empty(); }
  std::string Finish() const { return rows_.SerializeAsString(); }

 private:
  uint32_t NumberOf(const std::string& name);

  storagepb::UndoneRows rows_;
  std::map<std::string, uint32_t, std::less<>> numbers_;
};

// A row of a chunk.
struct UndoneRow {
  RowId id = 0;
  Undone undone;
};

// The rows of a chunk in the order they were undone. DataLoss when it is damaged.
absl::StatusOr<std::vector<UndoneRow>> ReadUndone(const storagepb::UndoneRows& chunk);

}  // namespace sluice::load
