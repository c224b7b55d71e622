// Opens a workbook of any format that is read, told by its bytes, never by its name.
#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/byte_source.h"
#include "common/spreadsheet/limits.h"
#include "common/spreadsheet/workbook.h"

namespace sluice::spreadsheet {

enum class ContainerKind { kNone, kZip, kCompound, kEarlyBiff };

// By the first bytes of a file; kNone is no workbook.
ContainerKind ContainerOf(std::string_view head);

// Refused, each with its reason (refusal.h): damaged and encrypted files, bombs, formats that are
// not read. Else an error of the source. Messages name no file.
absl::StatusOr<std::unique_ptr<Workbook>> OpenWorkbook(std::unique_ptr<base::ByteSource> source,
                                                       const Limits& limits = {});

// The sheet a person means: by name, else by number from 1; nothing when `wanted` is empty.
// InvalidArgument lists the sheets when there is none.
absl::StatusOr<std::optional<size_t>> FindSheet(const std::vector<SheetInfo>& sheets,
                                                std::string_view wanted);

}  // namespace sluice::spreadsheet
