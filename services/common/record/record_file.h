// Records in a file, each behind its length as a varint: the rows of a later round of an import
// (services/control/resubmission.h), as ingest reads them.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "common/base/byte_source.h"

namespace sluice::record {

void AppendToFile(std::string_view record, std::string& out);

// Thread-compatible.
class RecordFileReader {
 public:
  // Begins at `offset`, where a record begins.
  static absl::StatusOr<std::unique_ptr<RecordFileReader>> Open(
      std::unique_ptr<base::ByteSource> source, uint64_t offset = 0);

  // The next record's bytes, valid until the next call; false at the end. DataLoss when the file is
  // cut off.
  absl::StatusOr<bool> Next(std::string_view& record);
  // Where the record after the last one given begins.
  uint64_t position() const { return position_; }

 private:
  RecordFileReader(std::unique_ptr<base::ByteSource> source, uint64_t offset)
      : source_(std::move(source)), position_(offset) {}
  // Makes at least so many bytes available, if the source has them.
  absl::Status Fill(size_t bytes);

  const std::unique_ptr<base::ByteSource> source_;
  uint64_t position_;
  // What was read and not given yet begins at `at_`.
  std::string buffer_;
  size_t at_ = 0;
};

}  // namespace sluice::record
