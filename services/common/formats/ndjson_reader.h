// The rows of an NDJSON file: one JSON object a line.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "common/formats/json_line.h"
#include "common/formats/open_rows.h"
#include "common/formats/row_reader.h"
#include "common/formats/text_window.h"

namespace sluice::formats {

// The lines of a decoded source, with the row limit. Thread-compatible.
class LineReader {
 public:
  struct Line {
    std::string_view text;  // without the line end; valid until the next call
    uint64_t number = 0;    // from 1
    bool undecodable = false;
    bool foreign = false;
    bool too_large = false;  // then the text is left out
  };

  LineReader(std::unique_ptr<base::ByteSource> source, Encoding encoding, size_t line_bytes);
  absl::Status Start(const Checkpoint& from);
  // False at the end. A line break at the end of the file begins no further line.
  absl::StatusOr<bool> Next(Line& line);
  Checkpoint Position() const;

 private:
  absl::Status StepOverLargeLine();

  const size_t line_bytes_;
  TextWindow window_;
  size_t taken_ = 0;  // bytes of the window given out
  uint64_t number_ = 0;
};

// Thread-compatible.
class NdjsonReader : public RowReader {
 public:
  NdjsonReader(std::unique_ptr<base::ByteSource> source, const SourceShape& shape,
               const RowLimits& limits);
  absl::Status Start(const SourceShape& shape, const Checkpoint& from);
  absl::StatusOr<bool> Next(RowView& row) override;
  Checkpoint Position() const override { return lines_.Position(); }

 private:
  struct TextHash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };

  void Put(std::string_view path, std::string_view value);

  LineReader lines_;
  JsonLine json_;
  const JsonLine::Visitor put_;
  std::vector<std::string> columns_;
  std::unordered_map<std::string, size_t, TextHash, std::equal_to<>> column_of_;
  std::vector<std::string_view> cells_;
  size_t expected_ = 0;  // keys mostly come in the order of the columns
};

}  // namespace sluice::formats
