#include "cli/workbook_output.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "common/base/status.h"

namespace sluice::cli {
namespace {

// A folder of this user alone that goes with it.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "sluice-XXXXXX").string();
    if (::mkdtemp(name.data()) != nullptr) path_ = name;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

absl::Status ToStdout(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::cout << file.rdbuf() << std::flush;
  if (!file || !std::cout) return absl::UnavailableError("cannot write the workbook to stdout");
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckOutput(bool workbook, const std::string& output) {
  if (workbook && output.empty() && ::isatty(STDOUT_FILENO) == 1) {
    return absl::InvalidArgumentError(
        "a workbook is not for a terminal: name a file with --output");
  }
  if (!workbook && !output.empty()) {
    return absl::InvalidArgumentError("--output belongs to --format xlsx");
  }
  return absl::OkStatus();
}

absl::Status WriteWorkbook(const std::string& output,
                           const std::function<absl::Status(spreadsheet::WorkbookWriter&)>& write) {
  const TemporaryFolder folder;
  if (folder.path().empty()) return base::ErrnoStatus(errno, "cannot make a temporary folder");
  const std::string path = folder.path() + "/workbook.xlsx";
  {
    spreadsheet::WorkbookWriter writer(path);
    SLUICE_RETURN_IF_ERROR(write(writer));
    SLUICE_RETURN_IF_ERROR(writer.Finish());
  }
  if (output.empty()) return ToStdout(path);
  // Another file system may hold it, so it is copied beside its name first.
  const std::string incoming = output + ".part";
  std::error_code error;
  std::filesystem::copy_file(path, incoming, std::filesystem::copy_options::overwrite_existing,
                             error);
  if (!error) std::filesystem::rename(incoming, output, error);
  if (!error) return absl::OkStatus();
  std::error_code ignored;
  std::filesystem::remove(incoming, ignored);
  return base::ErrnoStatus(error.value(), fmt::format("cannot write {}", output));
}

}  // namespace sluice::cli
