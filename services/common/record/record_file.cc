#include "common/record/record_file.h"

#include <algorithm>

#include "common/base/status.h"
#include "common/base/wire.h"

namespace sluice::record {
namespace {

constexpr size_t kReadBytes = size_t{256} << 10;
constexpr size_t kLengthBytesMax = 10;

absl::Status CutOff() {
  return absl::DataLossError("a file of records is cut off");
}

}  // namespace

void AppendToFile(std::string_view record, std::string& out) {
  base::WireWriter(out).RawVarint(record.size());
  out += record;
}

absl::StatusOr<std::unique_ptr<RecordFileReader>> RecordFileReader::Open(
    std::unique_ptr<base::ByteSource> source, uint64_t offset) {
  SLUICE_RETURN_IF_ERROR(source->Seek(offset));
  return std::unique_ptr<RecordFileReader>(new RecordFileReader(std::move(source), offset));
}

absl::Status RecordFileReader::Fill(size_t bytes) {
  if (buffer_.size() - at_ >= bytes) return absl::OkStatus();
  buffer_.erase(0, at_);
  at_ = 0;
  const size_t wanted = std::max(bytes, kReadBytes);
  while (buffer_.size() < bytes) {
    const size_t had = buffer_.size();
    buffer_.resize(wanted);
    const auto got = source_->Read(buffer_.data() + had, wanted - had);
    buffer_.resize(had + got.value_or(0));
    SLUICE_RETURN_IF_ERROR(got.status());
    if (*got == 0) break;
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> RecordFileReader::Next(std::string_view& record) {
  SLUICE_RETURN_IF_ERROR(Fill(kLengthBytesMax));
  if (at_ == buffer_.size()) return false;
  uint64_t length = 0;
  size_t used = 0;
  for (unsigned shift = 0;; shift += 7) {
    if (at_ + used == buffer_.size() || used == kLengthBytesMax) return CutOff();
    const auto byte = static_cast<unsigned char>(buffer_[at_ + used++]);
    length |= static_cast<uint64_t>(byte & 0x7f) << shift;
    if ((byte & 0x80) == 0) break;
  }
  // A length that is damaged must not ask for memory.
  if (length > source_->size() - position_) return CutOff();
  SLUICE_RETURN_IF_ERROR(Fill(used + length));
  if (buffer_.size() - at_ < used + length) return CutOff();
  record = std::string_view(buffer_).substr(at_ + used, length);
  at_ += used + length;
  position_ += used + length;
  return true;
}

}  // namespace sluice::record
