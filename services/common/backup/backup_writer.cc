#include "common/backup/backup_writer.h"

#include <algorithm>
#include <vector>

#include "common/base/byte_source.h"
#include "common/base/status.h"

namespace sluice::backup {

BackupWriter::BackupWriter(BackupDirectory& directory, Manifest manifest, OnBytes on_bytes)
    : directory_(directory), manifest_(std::move(manifest)), on_bytes_(std::move(on_bytes)) {
  manifest_.set_format(kFormat);
  auto newest = directory_.Find("");
  if (newest.ok()) newest_ = *std::move(newest);
}

absl::Status BackupWriter::AddFile(const std::string& file, const std::string& name,
                                   uint64_t part_bytes) {
  SLUICE_ASSIGN_OR_RETURN(auto source, base::FileByteSource::Open(file));
  storagepb::BackupFile added;
  added.set_path(name);
  std::vector<char> buffer(part_bytes);
  bool end = false;
  while (!end) {
    size_t filled = 0;
    while (filled < buffer.size() && !end) {
      SLUICE_ASSIGN_OR_RETURN(const size_t got,
                              source->Read(buffer.data() + filled, buffer.size() - filled));
      end = got == 0;
      filled += got;
    }
    if (filled == 0) break;
    SLUICE_ASSIGN_OR_RETURN(const PartStore::Stored stored,
                            directory_.parts().Put({buffer.data(), filled}));
    storagepb::BackupPart& part = *added.add_parts();
    part.set_sha256(stored.sha256);
    part.set_size_bytes(filled);
    added.set_size_bytes(added.size_bytes() + filled);
    if (stored.is_new) manifest_.set_new_bytes(manifest_.new_bytes() + filled);
    SLUICE_RETURN_IF_ERROR(on_bytes_(filled));
  }
  *manifest_.add_files() = std::move(added);
  return absl::OkStatus();
}

absl::Status BackupWriter::AddNamedFile(const std::string& file, const std::string& name,
                                        uint64_t size_bytes) {
  SLUICE_ASSIGN_OR_RETURN(const bool added, AddFromNewest(name, size_bytes));
  return added ? on_bytes_(size_bytes) : AddFile(file, name);
}

absl::StatusOr<bool> BackupWriter::AddFromNewest(const std::string& name, uint64_t size_bytes) {
  const auto found =
      std::lower_bound(newest_.files().begin(), newest_.files().end(), name,
                       [](const storagepb::BackupFile& file, const std::string& wanted) {
                         return file.path() < wanted;
                       });
  if (found == newest_.files().end() || found->path() != name ||
      found->size_bytes() != size_bytes) {
    return false;
  }
  const bool whole = std::all_of(found->parts().begin(), found->parts().end(), [&](const auto& p) {
    return directory_.parts().Has(p.sha256(), p.size_bytes());
  });
  if (whole) *manifest_.add_files() = *found;
  return whole;
}

absl::Status BackupWriter::Finish() {
  // AddFromNewest of the next one looks for them.
  std::sort(manifest_.mutable_files()->begin(), manifest_.mutable_files()->end(),
            [](const auto& a, const auto& b) { return a.path() < b.path(); });
  return directory_.Store(manifest_);
}

}  // namespace sluice::backup
