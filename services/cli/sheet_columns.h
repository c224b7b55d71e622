// The columns of all sheets of an import beside each other, for a table that lists rows of several.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/formats/row_reader.h"
#include "control/import_record.h"

namespace sluice::cli {

class SheetColumns {
 public:
  explicit SheetColumns(const control::planpb::Plan& plan);

  // Each name once.
  const std::vector<std::string>& names() const { return names_; }
  bool several() const { return sheets_.size() > 1; }
  const std::string& sheet(uint32_t part) const { return sheets_[part]; }
  // Appends a value for each name.
  void Append(uint32_t part, const formats::RowView& row,
              std::vector<std::optional<std::string>>& values) const;

 private:
  std::vector<std::string> names_;
  // By part: its sheet, and where each of its columns stands among the names.
  std::vector<std::string> sheets_;
  std::vector<std::vector<size_t>> places_;
};

}  // namespace sluice::cli
