// The rows of a delimited file (CSV, TSV and their kin).
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "common/formats/open_rows.h"
#include "common/formats/record_splitter.h"
#include "common/formats/row_reader.h"
#include "common/formats/text_window.h"

namespace sluice::formats {

// See open_rows.h for what is read how. Thread-compatible.
class DelimitedReader : public RowReader {
 public:
  DelimitedReader(std::unique_ptr<base::ByteSource> source, const SourceShape& shape,
                  const RowLimits& limits);

  // Goes to the checkpoint; a default one is the first row after the header. Call once, first.
  absl::Status Start(const SourceShape& shape, const Checkpoint& from);

  absl::StatusOr<bool> Next(RowView& row) override;
  Checkpoint Position() const override;

 private:
  // The next record, blank or not; false at the end.
  absl::StatusOr<bool> NextRecord(RowView& row);
  absl::Status StepOverSeparatorLine();
  absl::Status Restart(const Checkpoint& at);
  // Reads on behind the record that begins at the splitter's offset.
  absl::Status FillWindow();
  void Describe(RowView& row);
  // Steps over a record that does not fit the window; false when it ends inside a quoted cell.
  absl::StatusOr<bool> StepOverLargeRecord();

  const char delimiter_;
  const char quote_;
  const size_t row_bytes_;
  // Sluice wrote the file: apostrophes before formulas come off.
  const bool guarded_;
  TextWindow window_;
  RecordSplitter splitter_;
  uint64_t row_ = 0;
  // The record at hand has a quoted cell without an end: only its first line is taken.
  bool one_line_ = false;
  // The cells of the row at hand in a guarded file.
  std::vector<std::string_view> plain_cells_;
};

}  // namespace sluice::formats
