// The parts of an .xlsx and how they refer to each other (ECMA-376 part 2): by relationships, and
// by their usual names where these are missing or wrong.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/spreadsheet/zip_container.h"

namespace sluice::spreadsheet {

struct Relationship {
  std::string id;
  // The last word of its type: "worksheet", "styles". Transitional and Strict share it.
  std::string kind;
  // Name of the part in the container; empty for what lies outside.
  std::string target;
};

// The relationships of a part (empty name: of the package); none when it has no such list.
absl::StatusOr<std::vector<Relationship>> ReadRelationships(ZipContainer& zip,
                                                            std::string_view part,
                                                            const Limits& limits);

// The name of the workbook's part. Refused: what is no workbook, or one of a kind that is not read.
absl::StatusOr<std::string> FindWorkbookPart(ZipContainer& zip, const Limits& limits);

// A part as UTF-8 text.
absl::StatusOr<std::unique_ptr<ByteStream>> OpenText(ZipContainer& zip, std::string_view part);

}  // namespace sluice::spreadsheet
