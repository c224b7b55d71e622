// Why a file is refused: each reason has a code of its own, for programs, beside the message for
// the file's owner.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace sluice::spreadsheet {

enum class Refusal {
  // Protected by a password.
  kEncrypted,
  // Damaged, cut off, or never what its name says.
  kCorrupt,
  // XML that declares a document type: such files can be made to read others or to never end.
  kDoctype,
  // Unpacks to far more than a real workbook does.
  kBomb,
  // Beyond a limit.
  kTooLarge,
  // A format that is known and not read.
  kUnsupported,
  // Nothing in it that is a table.
  kNoTable,
  // A table whose header is not known, or that has no column for a required field.
  kNoHeader,
  kNoColumn,
};

// "encrypted", "corrupt", "doctype", "bomb", "too_large", "unsupported", "no_table", "no_header",
// "no_column".
std::string_view Code(Refusal reason);

// InvalidArgument with the reason's code in it.
absl::Status Refuse(Refusal reason, std::string_view message);

// The code of a refusal; empty for any other status.
std::string RefusalCode(const absl::Status& status);

}  // namespace sluice::spreadsheet
