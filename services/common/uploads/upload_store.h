// The bytes of imported files, kept under their SHA-256 so that an import reads the same bytes
// however often it starts again, whatever becomes of the file it came from.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "common/base/byte_source.h"

namespace sluice::uploads {

struct StoredUpload {
  std::string sha256;
  uint64_t size_bytes = 0;
};

// A folder: one file an upload, named by its hash. Thread-safe.
class UploadStore {
 public:
  explicit UploadStore(std::string directory) : directory_(std::move(directory)) {}

  // Makes the folder and removes what was never finished in it. For the one process that writes.
  absl::Status Prepare();
  // Copies the file in and syncs it. Storing the same bytes again changes nothing.
  // ResourceExhausted when it is larger than `bytes_max` or the disk is full.
  absl::StatusOr<StoredUpload> Store(const std::string& path, uint64_t bytes_max);
  // NotFound when there is none.
  absl::StatusOr<std::unique_ptr<base::ByteSource>> Open(std::string_view sha256) const;

 private:
  std::string PathOf(std::string_view sha256) const;

  const std::string directory_;
};

}  // namespace sluice::uploads
