// The bytes of imported files, kept under their SHA-256 so that an import reads the same bytes
// however often it starts again, whatever becomes of the file it came from.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/byte_source.h"
#include "common/base/hash.h"
#include "common/base/ulid.h"

namespace sluice::uploads {

struct StoredUpload {
  std::string sha256;
  uint64_t size_bytes = 0;
};

class TemporaryFile;

// An upload on its way; dropped without Finish, nothing stays of it. Thread-compatible.
class UploadWriter {
 public:
  ~UploadWriter();
  // ResourceExhausted beyond the most bytes, without a name for what is too large.
  absl::Status Write(std::string_view bytes);
  // Syncs it and gives it its name. The same bytes again change nothing.
  absl::StatusOr<StoredUpload> Finish();

 private:
  friend class UploadStore;
  UploadWriter(std::string directory, std::string path, uint64_t bytes_max);

  const std::string directory_;
  const uint64_t bytes_max_;
  const std::unique_ptr<TemporaryFile> file_;
  base::Sha256 hash_;
  StoredUpload stored_;
};

// A folder: one file an upload, named by its hash. Several processes may write to it, on several
// machines. Thread-safe.
class UploadStore {
 public:
  // What nobody writes to any more: older than any call that sends a file may take.
  static constexpr absl::Duration kLeftoverAge = absl::Hours(24);

  // For who only reads.
  explicit UploadStore(std::string directory) : directory_(std::move(directory)) {}
  // `random` outlives it.
  UploadStore(std::string directory, base::Random& random)
      : directory_(std::move(directory)), random_(&random) {}

  // Makes the folder and removes what was begun and never finished, if nothing has been written to
  // it for as long; zero is for who writes alone.
  absl::Status Prepare(absl::Duration leftover_age = kLeftoverAge);
  // An upload whose bytes come piece by piece. ResourceExhausted when the disk is full.
  absl::StatusOr<std::unique_ptr<UploadWriter>> Begin(uint64_t bytes_max);
  // The upload, when it is there.
  absl::StatusOr<StoredUpload> Find(std::string_view sha256) const;
  // Copies the file in and syncs it. Storing the same bytes again changes nothing.
  // ResourceExhausted when it is larger than `bytes_max` or the disk is full.
  absl::StatusOr<StoredUpload> Store(const std::string& path, uint64_t bytes_max);
  // NotFound when there is none.
  absl::StatusOr<std::unique_ptr<base::ByteSource>> Open(std::string_view sha256) const;

 private:
  std::string PathOf(std::string_view sha256) const;

  const std::string directory_;
  base::Random* const random_ = nullptr;
};

}  // namespace sluice::uploads
