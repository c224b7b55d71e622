#include "common/formats/unpack.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <vector>

#include "common/base/status.h"
#include "common/formats/borrowed_source.h"
#include "common/spreadsheet/limits.h"
#include "common/spreadsheet/open_workbook.h"
#include "common/spreadsheet/refusal.h"
#include "common/spreadsheet/zip_container.h"

namespace sluice::formats {
namespace {

using spreadsheet::Refusal;
using spreadsheet::Refuse;

constexpr size_t kBlock = size_t{128} * 1024;

// A file without a name that is written, then read.
class Spool {
 public:
  Spool() = default;
  ~Spool() {
    if (file_ >= 0) ::close(file_);
    if (!path_.empty()) ::unlink(path_.c_str());
  }
  Spool(const Spool&) = delete;
  Spool& operator=(const Spool&) = delete;

  absl::Status Open() {
    const char* directory = ::getenv("TMPDIR");
    path_ = directory == nullptr || *directory == '\0' ? "/tmp" : directory;
    path_ += "/sluice-unpacked-XXXXXX";
    file_ = ::mkostemp(path_.data(), O_CLOEXEC);
    if (file_ >= 0) return absl::OkStatus();
    path_.clear();
    return base::ErrnoStatus(errno, "cannot make a temporary file");
  }
  absl::Status Write(const char* bytes, size_t count) {
    while (count > 0) {
      const ssize_t put = ::write(file_, bytes, count);
      if (put < 0 && errno == EINTR) continue;
      if (put < 0) return base::ErrnoStatus(errno, "cannot write a temporary file");
      bytes += put;
      count -= static_cast<size_t>(put);
    }
    return absl::OkStatus();
  }
  absl::StatusOr<std::unique_ptr<base::ByteSource>> Finish() {
    SLUICE_ASSIGN_OR_RETURN(std::unique_ptr<base::ByteSource> source,
                            base::FileByteSource::Open(path_));
    return source;
  }

 private:
  std::string path_;
  int file_ = -1;
};

// Bytes of a gzip file, unpacked; several streams one behind the other are one.
class GzipStream : public spreadsheet::ByteStream {
 public:
  explicit GzipStream(base::ByteSource& source) : source_(source), input_(kBlock) {
    constexpr int kGzipWindow = 15 + 16;
    ready_ = inflateInit2(&stream_, kGzipWindow) == Z_OK;
  }
  ~GzipStream() override { inflateEnd(&stream_); }

  absl::StatusOr<size_t> Read(char* buffer, size_t count) override {
    stream_.next_out = reinterpret_cast<Bytef*>(buffer);
    stream_.avail_out = static_cast<uInt>(count);
    while (stream_.avail_out == count) {
      if (stream_.avail_in == 0) {
        SLUICE_ASSIGN_OR_RETURN(const size_t got, source_.Read(input_.data(), input_.size()));
        if (got == 0 && ended_) return size_t{0};
        if (got == 0) return Refuse(Refusal::kCorrupt, "the gzip file is cut off");
        stream_.next_in = reinterpret_cast<Bytef*>(input_.data());
        stream_.avail_in = static_cast<uInt>(got);
      }
      // What follows the end is another stream, or filling.
      if (ended_ && *stream_.next_in != 0x1F) return size_t{0};
      if (ended_) inflateReset(&stream_);
      ended_ = false;
      const int result = ready_ ? inflate(&stream_, Z_NO_FLUSH) : Z_STREAM_ERROR;
      ended_ = result == Z_STREAM_END;
      if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR) {
        return Refuse(Refusal::kCorrupt, "the gzip file is damaged");
      }
    }
    given_ += count - stream_.avail_out;
    const spreadsheet::Limits limits;
    if (given_ > limits.free_bytes && given_ - limits.free_bytes > limits.ratio * source_.size()) {
      return Refuse(Refusal::kBomb, "the gzip file unpacks to far more than real ones do");
    }
    return count - stream_.avail_out;
  }

 private:
  base::ByteSource& source_;
  std::vector<char> input_;
  z_stream stream_{};
  bool ready_ = false;
  bool ended_ = false;
  uint64_t given_ = 0;
};

// A workbook cannot be read from its beginning alone.
bool IsContainer(std::string_view head) {
  return spreadsheet::ContainerOf(head) != spreadsheet::ContainerKind::kNone;
}

absl::Status SpoolStream(spreadsheet::ByteStream& stream, uint64_t bytes_max,
                         UnpackedFile& unpacked) {
  Spool spool;
  SLUICE_RETURN_IF_ERROR(spool.Open());
  std::vector<char> block(kBlock);
  uint64_t bytes = 0;
  while (!unpacked.cut) {
    SLUICE_ASSIGN_OR_RETURN(size_t got, stream.Read(block.data(), block.size()));
    if (got == 0) break;
    std::string_view read(block.data(), got);
    if (bytes == 0 && IsContainer(read)) bytes_max = UINT64_MAX;
    bytes += got;
    if (bytes >= bytes_max) {
      // The last line would be torn.
      unpacked.cut = true;
      const size_t feed = read.rfind('\n');
      if (feed != std::string_view::npos) read = read.substr(0, feed + 1);
    }
    SLUICE_RETURN_IF_ERROR(spool.Write(read.data(), read.size()));
  }
  SLUICE_ASSIGN_OR_RETURN(unpacked.bytes, spool.Finish());
  return absl::OkStatus();
}

bool IsReadable(std::string_view name) {
  constexpr std::array<std::string_view, 11> kEndings = {".csv",    ".tsv",   ".txt",  ".tab",
                                                         ".ndjson", ".jsonl", ".json", ".xlsx",
                                                         ".xlsm",   ".xls",   ".ods"};
  if (name.starts_with("__MACOSX/")) return false;
  const std::string normal = spreadsheet::NormalPartName(name);
  return std::any_of(kEndings.begin(), kEndings.end(),
                     [&](std::string_view ending) { return normal.ends_with(ending); });
}

bool IsDocument(const spreadsheet::ZipContainer& zip) {
  for (const std::string_view part :
       {"[Content_Types].xml", "mimetype", "content.xml", "xl/workbook.xml", "xl/workbook.bin",
        "word/document.xml", "ppt/presentation.xml", "Index/Document.iwa"}) {
    if (zip.Has(part)) return true;
  }
  return false;
}

absl::StatusOr<std::string> ChooseMember(const spreadsheet::ZipContainer& zip,
                                         std::string_view file_name, std::string_view wanted) {
  std::vector<std::string> names;
  for (const std::string& name : zip.names()) {
    if (name == wanted) return name;
    if (IsReadable(name)) names.push_back(name);
  }
  constexpr size_t kNamed = 20;
  if (wanted.empty() && names.size() == 1) return names[0];
  if (names.empty()) {
    return Refuse(Refusal::kNoTable,
                  fmt::format("{} is a zip archive without a file that can be read (csv, tsv, txt, "
                              "ndjson, xlsx, xls, ods)",
                              file_name));
  }
  const size_t all = names.size();
  names.resize(std::min(all, kNamed));
  return absl::InvalidArgumentError(
      fmt::format("{} is a zip archive of {} files that can be read: name one with --member: {}{}",
                  file_name, all, fmt::join(names, ", "), all > kNamed ? ", ..." : ""));
}

}  // namespace

absl::StatusOr<UnpackedFile> Unpack(base::ByteSource& source, std::string_view file_name,
                                    std::string_view member, uint64_t bytes_max) {
  UnpackedFile unpacked;
  SLUICE_RETURN_IF_ERROR(source.Seek(0));
  std::array<char, 4> magic{};
  SLUICE_ASSIGN_OR_RETURN(const size_t got, source.Read(magic.data(), magic.size()));
  SLUICE_RETURN_IF_ERROR(source.Seek(0));
  const std::string_view head(magic.data(), got);
  if (head.starts_with("\x1F\x8B")) {
    GzipStream stream(source);
    SLUICE_RETURN_IF_ERROR(SpoolStream(stream, bytes_max, unpacked));
    // Without the folder: the same file is the same, however it was named.
    file_name.remove_prefix(file_name.rfind('/') + 1);
    unpacked.member = file_name.ends_with(".gz") ? file_name.substr(0, file_name.size() - 3)
                                                 : std::string_view("content");
    return unpacked;
  }
  if (!head.starts_with("PK\x03\x04") && !head.starts_with("PK\x05\x06")) return unpacked;
  auto zip = spreadsheet::ZipContainer::Open(std::make_unique<BorrowedSource>(source), {});
  // The reader of workbooks says what is wrong with it.
  if (!zip.ok() || IsDocument(**zip)) return unpacked;
  SLUICE_ASSIGN_OR_RETURN(unpacked.member, ChooseMember(**zip, file_name, member));
  SLUICE_ASSIGN_OR_RETURN(const auto part, (*zip)->OpenPart(unpacked.member));
  SLUICE_RETURN_IF_ERROR(SpoolStream(*part, bytes_max, unpacked));
  return unpacked;
}

}  // namespace sluice::formats
