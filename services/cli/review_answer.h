// What a person says of one row in review, as a file that `sluice resubmit` takes.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "cli/command_line.h"

namespace sluice::cli {

struct ReviewAnswer {
  uint64_t row = 0;
  // Of an import of several sheets.
  std::string sheet;
  // Id of a candidate, new, or never.
  std::string answer;
};

// A file that nobody else sees, and that goes with the object.
class AnswerFile {
 public:
  static absl::StatusOr<std::unique_ptr<AnswerFile>> Make(const std::string& content);
  ~AnswerFile();
  AnswerFile(const AnswerFile&) = delete;
  AnswerFile& operator=(const AnswerFile&) = delete;

  const std::string& path() const { return path_; }

 private:
  explicit AnswerFile(int fd);

  const int fd_;
  const std::string path_;
};

// InvalidArgument when there is no such row in review, or the answer is none of the candidates.
absl::StatusOr<std::unique_ptr<AnswerFile>> WriteAnswer(CommandContext& context,
                                                        const std::string& import_id,
                                                        const ReviewAnswer& answer);

}  // namespace sluice::cli
