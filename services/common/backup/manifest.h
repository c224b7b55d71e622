// The text of a backup's manifest: a line with its format and checksum, then JSON
// (proto/sluice/storage/v1/backup.proto).
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "sluice/storage/v1/backup.pb.h"

namespace sluice::backup {

namespace storagepb = ::sluice::storage::v1;
using Manifest = storagepb::BackupManifest;

// The format this program writes, and the newest it reads.
inline constexpr uint32_t kFormat = 1;

std::string ToText(const Manifest& manifest);

// DataLoss when it is cut or damaged, FailedPrecondition when it is of a newer format. The paths in
// it are below the data directory, but for those of sinks.
absl::StatusOr<Manifest> ParseManifest(std::string_view text);

// Bytes of all files.
uint64_t SizeBytes(const Manifest& manifest);

// Whether the file lies elsewhere than in the data directory: a sink that was named with a path.
inline bool IsElsewhere(const storagepb::BackupFile& file) {
  return file.path().starts_with('/');
}

}  // namespace sluice::backup
