// What a person says of one row in review, as a file that `sluice resubmit` takes.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "cli/command_line.h"
#include "cli/nameless_file.h"

namespace sluice::cli {

struct ReviewAnswer {
  uint64_t row = 0;
  // Of an import of several sheets.
  std::string sheet;
  // Id of a candidate, new, or never.
  std::string answer;
};

// InvalidArgument when there is no such row in review, or the answer is none of the candidates.
absl::StatusOr<std::unique_ptr<NamelessFile>> WriteAnswer(CommandContext& context,
                                                          const std::string& import_id,
                                                          const ReviewAnswer& answer);

}  // namespace sluice::cli
