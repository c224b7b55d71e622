#include "control/preview_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "common/base/status.h"

namespace sluice::control {
namespace {

constexpr std::string_view kSuffix = ".preview";

// Also keeps a name given by a caller inside the folder.
bool IsHash(std::string_view text) {
  constexpr size_t kLongest = 64;
  return !text.empty() && text.size() <= kLongest &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

// A file that was not there: another control's is never written to.
bool WriteNew(const std::string& path, const std::string& bytes) {
  std::FILE* const file = std::fopen(path.c_str(), "wbx");
  if (file == nullptr) return false;
  const bool written = std::fwrite(bytes.data(), 1, bytes.size(), file) == bytes.size();
  return std::fclose(file) == 0 && written;
}

absl::Time MadeAt(const controlpb::Preview& preview) {
  return absl::FromUnixSeconds(preview.made_at().seconds());
}

}  // namespace

absl::Status PreviewStore::Put(const controlpb::Preview& preview) {
  std::error_code error;
  std::filesystem::create_directories(directory_, error);
  if (error) return base::ErrnoStatus(error.value(), "cannot make " + directory_);
  DropOld();
  const std::string incoming =
      fmt::format("{}/.incoming-{}", directory_, base::RandomName(random_));
  if (WriteNew(incoming, preview.SerializeAsString())) {
    std::filesystem::rename(incoming, fmt::format("{}/{}{}", directory_, preview.hash(), kSuffix),
                            error);
    if (!error) return absl::OkStatus();
  }
  std::error_code ignored;
  std::filesystem::remove(incoming, ignored);
  return absl::UnavailableError(fmt::format("cannot keep the preview in {}", directory_));
}

absl::StatusOr<controlpb::Preview> PreviewStore::Get(const std::string& hash) const {
  if (!IsHash(hash)) {
    return absl::InvalidArgumentError(
        fmt::format("--confirm: '{}' is no plan hash: `import --dry-run` prints one", hash));
  }
  std::ifstream file(fmt::format("{}/{}{}", directory_, hash, kSuffix), std::ios::binary);
  controlpb::Preview preview;
  if (file && preview.ParseFromIstream(&file) && clock_.Now() - MadeAt(preview) < kKept) {
    return preview;
  }
  return absl::FailedPreconditionError(
      fmt::format("--confirm: there is no preview {} here, or it is older than {} hours: run "
                  "`import --dry-run` again and look at what it says now",
                  hash, absl::ToInt64Hours(kKept)));
}

void PreviewStore::DropOld() const {
  std::error_code ignored;
  std::vector<std::filesystem::path> old;
  for (const auto& entry : std::filesystem::directory_iterator(directory_, ignored)) {
    const auto age = std::filesystem::file_time_type::clock::now() - entry.last_write_time(ignored);
    if (age > absl::ToChronoHours(kKept)) old.push_back(entry.path());
  }
  for (const auto& path : old) std::filesystem::remove(path, ignored);
}

}  // namespace sluice::control
