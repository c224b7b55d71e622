#include "common/formats/source_shape.h"

namespace sluice::formats {

std::string_view Name(Format format) {
  if (format == Format::kWorkbook) return "workbook";
  return format == Format::kNdjson ? "ndjson" : "delimited";
}

std::optional<Format> FormatByName(std::string_view name) {
  if (name == Name(Format::kDelimited)) return Format::kDelimited;
  if (name == Name(Format::kNdjson)) return Format::kNdjson;
  if (name == Name(Format::kWorkbook)) return Format::kWorkbook;
  return std::nullopt;
}

}  // namespace sluice::formats
