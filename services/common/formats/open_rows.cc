#include "common/formats/open_rows.h"

#include <utility>

#include "common/base/status.h"
#include "common/formats/delimited_reader.h"
#include "common/formats/ndjson_reader.h"
#include "common/formats/unpack.h"
#include "common/formats/workbook_reader.h"

namespace sluice::formats {
namespace {

template <typename Reader>
absl::StatusOr<std::unique_ptr<RowReader>> Open(std::unique_ptr<base::ByteSource> source,
                                                const SourceShape& shape, const Checkpoint& from,
                                                const RowLimits& limits) {
  auto reader = std::make_unique<Reader>(std::move(source), shape, limits);
  SLUICE_RETURN_IF_ERROR(reader->Start(shape, from));
  return std::unique_ptr<RowReader>(std::move(reader));
}

bool IsAscii(char c) {
  return static_cast<signed char>(c) > 0;
}

absl::Status CheckDialect(const SourceShape& shape) {
  const char delimiter = shape.delimiter;
  if (!IsAscii(delimiter) || delimiter == '\r' || delimiter == '\n' || delimiter == shape.quote) {
    return absl::InvalidArgumentError(
        "the delimiter must be one ASCII character that is neither a line end nor the quote");
  }
  if (shape.quote != 0 && (!IsAscii(shape.quote) || shape.quote == '\r' || shape.quote == '\n')) {
    return absl::InvalidArgumentError(
        "the quote must be one ASCII character that is no line end, or none");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<RowReader>> OpenRows(std::unique_ptr<base::ByteSource> source,
                                                    const SourceShape& shape,
                                                    const Checkpoint& from,
                                                    const RowLimits& limits) {
  if (!shape.member.empty()) {
    SLUICE_ASSIGN_OR_RETURN(UnpackedFile unpacked, Unpack(*source, shape.member, shape.member));
    if (unpacked.bytes == nullptr) return absl::InvalidArgumentError("the source is no archive");
    source = std::move(unpacked.bytes);
  }
  if (from.source_offset > source->size()) {
    return absl::InvalidArgumentError("the checkpoint lies past the end of the file");
  }
  if (shape.format == Format::kNdjson) {
    return Open<NdjsonReader>(std::move(source), shape, from, limits);
  }
  if (shape.format == Format::kWorkbook) {
    return Open<WorkbookReader>(std::move(source), shape, from, limits);
  }
  SLUICE_RETURN_IF_ERROR(CheckDialect(shape));
  return Open<DelimitedReader>(std::move(source), shape, from, limits);
}

}  // namespace sluice::formats
