#include "common/spreadsheet/zip_container.h"

#include <fmt/format.h>
#include <zip.h>

#include <algorithm>
#include <cstring>

#include "common/base/status.h"
#include "common/spreadsheet/refusal.h"

namespace sluice::spreadsheet {
namespace {

// Lends the file to libzip. Owned by the archive, which frees it.
struct SourceLoan {
  std::unique_ptr<base::ByteSource> bytes;
  uint64_t at = 0;
  zip_error_t error{};
  // The world's failure, which is not the file's.
  absl::Status status;
};

zip_int64_t Failed(SourceLoan& loan, absl::Status status) {
  loan.status = std::move(status);
  zip_error_set(&loan.error, ZIP_ER_READ, 0);
  return -1;
}

zip_int64_t SeekLoan(SourceLoan& loan, void* data, zip_uint64_t length) {
  const zip_int64_t offset =
      zip_source_seek_compute_offset(loan.at, loan.bytes->size(), data, length, &loan.error);
  if (offset < 0) return -1;
  if (absl::Status status = loan.bytes->Seek(static_cast<uint64_t>(offset)); !status.ok()) {
    return Failed(loan, std::move(status));
  }
  loan.at = static_cast<uint64_t>(offset);
  return 0;
}

zip_int64_t StatLoan(const SourceLoan& loan, void* data) {
  auto* stat = static_cast<zip_stat_t*>(data);
  zip_stat_init(stat);
  stat->valid = ZIP_STAT_SIZE;
  stat->size = loan.bytes->size();
  return sizeof(*stat);
}

zip_int64_t ServeLoan(void* state, void* data, zip_uint64_t length, zip_source_cmd_t command) {
  auto& loan = *static_cast<SourceLoan*>(state);
  switch (command) {
    case ZIP_SOURCE_OPEN:
      if (absl::Status status = loan.bytes->Seek(0); !status.ok()) return Failed(loan, status);
      loan.at = 0;
      return 0;
    case ZIP_SOURCE_READ: {
      auto got = loan.bytes->Read(static_cast<char*>(data), static_cast<size_t>(length));
      if (!got.ok()) return Failed(loan, got.status());
      loan.at += *got;
      return static_cast<zip_int64_t>(*got);
    }
    case ZIP_SOURCE_CLOSE:
      return 0;
    case ZIP_SOURCE_SEEK:
      return SeekLoan(loan, data, length);
    case ZIP_SOURCE_TELL:
      return static_cast<zip_int64_t>(loan.at);
    case ZIP_SOURCE_STAT:
      return StatLoan(loan, data);
    case ZIP_SOURCE_ERROR:
      return zip_error_to_data(&loan.error, data, length);
    case ZIP_SOURCE_FREE:
      zip_error_fini(&loan.error);
      delete &loan;
      return 0;
    case ZIP_SOURCE_SUPPORTS:
      return zip_source_make_command_bitmap(ZIP_SOURCE_OPEN, ZIP_SOURCE_READ, ZIP_SOURCE_CLOSE,
                                            ZIP_SOURCE_SEEK, ZIP_SOURCE_TELL, ZIP_SOURCE_STAT,
                                            ZIP_SOURCE_ERROR, ZIP_SOURCE_FREE, -1);
    default:
      zip_error_set(&loan.error, ZIP_ER_OPNOTSUPP, 0);
      return -1;
  }
}

absl::Status Damaged(std::string_view what) {
  return Refuse(Refusal::kCorrupt, fmt::format("the zip container is damaged: {}", what));
}

}  // namespace

std::string NormalPartName(std::string_view name) {
  while (!name.empty() && (name.front() == '/' || name.front() == '\\')) name.remove_prefix(1);
  std::string normal(name);
  for (char& c : normal) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    if (c == '\\') c = '/';
  }
  return normal;
}

class ZipContainer::Part : public ByteStream {
 public:
  Part(ZipContainer& owner, zip_file_t* file, Entry& entry)
      : owner_(owner), file_(file), entry_(entry) {}
  ~Part() override { zip_fclose(file_); }

  absl::StatusOr<size_t> Read(char* buffer, size_t count) override {
    const zip_int64_t got = zip_fread(file_, buffer, count);
    if (got < 0) return Damaged("a part cannot be unpacked");
    given_ += static_cast<uint64_t>(got);
    if (given_ > entry_.unpacked) {
      owner_.unpacked_ += given_ - entry_.unpacked;
      entry_.unpacked = given_;
    }
    const Limits& limits = owner_.limits_;
    if (given_ > limits.free_bytes &&
        given_ - limits.free_bytes > limits.ratio * std::min(entry_.packed, owner_.size_)) {
      return Refuse(Refusal::kBomb, "a part unpacks to far more than real ones do");
    }
    if (given_ > limits.part_bytes || owner_.unpacked_ > limits.part_bytes) {
      return Refuse(Refusal::kTooLarge, "it unpacks to more bytes than the limit");
    }
    return static_cast<size_t>(got);
  }

 private:
  ZipContainer& owner_;
  zip_file_t* const file_;
  Entry& entry_;
  uint64_t given_ = 0;
};

absl::StatusOr<std::unique_ptr<ZipContainer>> ZipContainer::Open(
    std::unique_ptr<base::ByteSource> source, const Limits& limits) {
  const uint64_t size = source->size();
  zip_error_t error;
  zip_error_init(&error);
  auto loan = std::make_unique<SourceLoan>();
  loan->bytes = std::move(source);
  zip_error_init(&loan->error);
  zip_source_t* lent = zip_source_function_create(ServeLoan, loan.get(), &error);
  if (lent == nullptr) return absl::InternalError("libzip takes no source");
  SourceLoan* const watched = loan.release();
  std::unique_ptr<ZipContainer> container(new ZipContainer(size, limits));
  container->archive_ = zip_open_from_source(lent, ZIP_RDONLY, &error);
  if (container->archive_ == nullptr) {
    const absl::Status status = watched->status;
    const int code = zip_error_code_zip(&error);
    zip_source_free(lent);
    zip_error_fini(&error);
    if (!status.ok()) return status;
    return Damaged(code == ZIP_ER_NOZIP ? "it is cut off, or no zip file" : "its list of parts");
  }
  zip_error_fini(&error);
  SLUICE_RETURN_IF_ERROR(container->ReadDirectory());
  return container;
}

ZipContainer::~ZipContainer() {
  if (archive_ != nullptr) zip_discard(archive_);
}

absl::Status ZipContainer::ReadDirectory() {
  const zip_int64_t count = zip_get_num_entries(archive_, 0);
  if (count < 0) return Damaged("its list of parts");
  if (static_cast<uint64_t>(count) > limits_.entries) {
    return Refuse(Refusal::kBomb, fmt::format("it has {} parts, more than real ones do", count));
  }
  for (zip_uint64_t i = 0; i < static_cast<zip_uint64_t>(count); ++i) {
    zip_stat_t stat;
    if (zip_stat_index(archive_, i, 0, &stat) != 0 || (stat.valid & ZIP_STAT_NAME) == 0) continue;
    const std::string_view name(stat.name);
    if (name.empty() || name.back() == '/') continue;
    Entry entry;
    entry.index = i;
    if ((stat.valid & ZIP_STAT_COMP_SIZE) != 0) entry.packed = stat.comp_size;
    if ((stat.valid & ZIP_STAT_SIZE) != 0) entry.claimed = stat.size;
    entry.encrypted =
        (stat.valid & ZIP_STAT_ENCRYPTION_METHOD) != 0 && stat.encryption_method != ZIP_EM_NONE;
    names_.emplace_back(name);
    places_[std::string(name)] = entries_.size();
    normal_places_[NormalPartName(name)] = entries_.size();
    entries_.push_back(entry);
  }
  return absl::OkStatus();
}

std::optional<size_t> ZipContainer::Find(std::string_view name) const {
  const auto exact = places_.find(name);
  if (exact != places_.end()) return exact->second;
  const auto normal = normal_places_.find(NormalPartName(name));
  return normal == normal_places_.end() ? std::nullopt : std::optional(normal->second);
}

bool ZipContainer::Has(std::string_view name) const {
  return Find(name).has_value();
}

uint64_t ZipContainer::ClaimedSize(std::string_view name) const {
  const auto place = Find(name);
  return place.has_value() ? entries_[*place].claimed : 0;
}

absl::StatusOr<std::unique_ptr<ByteStream>> ZipContainer::OpenPart(std::string_view name) {
  const auto place = Find(name);
  if (!place.has_value()) return absl::NotFoundError("no such part");
  Entry& entry = entries_[*place];
  if (entry.encrypted) {
    return Refuse(Refusal::kEncrypted, "it is protected by a password");
  }
  zip_file_t* const file = zip_fopen_index(archive_, entry.index, 0);
  if (file == nullptr) {
    const int code = zip_error_code_zip(zip_get_error(archive_));
    if (code == ZIP_ER_COMPNOTSUPP) {
      return Refuse(Refusal::kUnsupported, "a part is packed in a way that is not known");
    }
    if (code == ZIP_ER_NOPASSWD || code == ZIP_ER_ENCRNOTSUPP) {
      return Refuse(Refusal::kEncrypted, "it is protected by a password");
    }
    return Damaged("a part is not where the list of parts says");
  }
  return std::make_unique<Part>(*this, file, entry);
}

absl::StatusOr<std::string> ZipContainer::ReadPart(std::string_view name, uint64_t bytes_max) {
  SLUICE_ASSIGN_OR_RETURN(const auto stream, OpenPart(name));
  std::string text;
  char block[16384];
  while (true) {
    SLUICE_ASSIGN_OR_RETURN(const size_t got, stream->Read(block, sizeof(block)));
    if (got == 0) return text;
    if (text.size() + got > bytes_max) {
      return Refuse(Refusal::kTooLarge, "a part is larger than the limit");
    }
    text.append(block, got);
  }
}

}  // namespace sluice::spreadsheet
