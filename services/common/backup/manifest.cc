#include "common/backup/manifest.h"

#include <fmt/format.h>
#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <charconv>
#include <filesystem>

#include "common/backup/part_store.h"
#include "common/base/check.h"
#include "common/base/hash.h"
#include "common/base/status.h"

namespace sluice::backup {
namespace {

constexpr std::string_view kFormatIs = "sluice backup, format ";
constexpr std::string_view kChecksumIs = ", sha256 ";

absl::Status Damaged(std::string_view what) {
  return absl::DataLossError(fmt::format("the manifest is damaged: {}", what));
}

bool IsPlainPath(const std::string& text) {
  const std::filesystem::path path(text);
  return !text.empty() && text != "." && path.lexically_normal().string() == text &&
         std::none_of(path.begin(), path.end(), [](const auto& step) { return step == ".."; });
}

absl::Status Check(const Manifest& manifest) {
  for (const storagepb::BackupFile& file : manifest.files()) {
    const bool sink = std::any_of(
        manifest.sinks().begin(), manifest.sinks().end(),
        [&](const storagepb::BackupSink& known) { return known.path() == file.path(); });
    if (!IsPlainPath(file.path()) || (IsElsewhere(file) && !sink)) {
      return Damaged("a file lies where none may");
    }
    uint64_t size = 0;
    for (const storagepb::BackupPart& part : file.parts()) {
      if (!IsPartName(part.sha256()) || part.size_bytes() > kPartBytesMax) {
        return Damaged("it names a part that cannot be");
      }
      size += part.size_bytes();
    }
    if (size != file.size_bytes()) return Damaged("a file is not the sum of its parts");
  }
  return absl::OkStatus();
}

}  // namespace

std::string ToText(const Manifest& manifest) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  options.add_whitespace = true;
  std::string json;
  SLUICE_CHECK(google::protobuf::util::MessageToJsonString(manifest, &json, options).ok(),
               "a manifest has a JSON form");
  return fmt::format("{}{}{}{}\n{}", kFormatIs, manifest.format(), kChecksumIs,
                     base::Sha256Hex(json), json);
}

absl::StatusOr<Manifest> ParseManifest(std::string_view text) {
  const size_t end = text.find('\n');
  std::string_view head = text.substr(0, end);
  if (end == std::string_view::npos || !head.starts_with(kFormatIs)) {
    return Damaged("it does not begin as one");
  }
  head.remove_prefix(kFormatIs.size());
  uint32_t format = 0;
  const auto [after, error] = std::from_chars(head.data(), head.data() + head.size(), format);
  head.remove_prefix(static_cast<size_t>(after - head.data()));
  if (error != std::errc() || !head.starts_with(kChecksumIs)) {
    return Damaged("it does not begin as one");
  }
  if (format > kFormat) {
    return absl::FailedPreconditionError(fmt::format(
        "the backup has format {}, this program reads up to {}: restore it with the release that "
        "made it, or a newer one",
        format, kFormat));
  }
  head.remove_prefix(kChecksumIs.size());
  const std::string_view json = text.substr(end + 1);
  if (base::Sha256Hex(json) != head) return Damaged("its checksum is another");
  Manifest manifest;
  google::protobuf::util::JsonParseOptions options;
  options.ignore_unknown_fields = true;
  if (!google::protobuf::util::JsonStringToMessage({json.data(), json.size()}, &manifest, options)
           .ok()) {
    return Damaged("it is no JSON of one");
  }
  if (manifest.format() != format) return Damaged("it says two formats");
  SLUICE_RETURN_IF_ERROR(Check(manifest));
  return manifest;
}

uint64_t SizeBytes(const Manifest& manifest) {
  uint64_t bytes = 0;
  for (const storagepb::BackupFile& file : manifest.files()) bytes += file.size_bytes();
  return bytes;
}

}  // namespace sluice::backup
