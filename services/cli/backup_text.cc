#include "cli/backup_text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <vector>

#include "common/base/clock.h"
#include "common/base/json.h"

namespace sluice::cli {

namespace controlpb = ::sluice::control::v1;
using base::JsonString;

controlpb::Backup DescribeBackup(const std::string& directory, const backup::Manifest& manifest) {
  controlpb::Backup made;
  made.set_directory(directory);
  made.set_id(manifest.id());
  *made.mutable_taken_at() = manifest.taken_at();
  made.set_log_id(manifest.log_id());
  made.set_files(static_cast<uint64_t>(manifest.files_size()));
  made.set_bytes(backup::SizeBytes(manifest));
  made.set_new_bytes(manifest.new_bytes());
  made.set_running_imports(manifest.running_imports());
  for (const auto& sink : manifest.sinks()) {
    auto& told = *made.add_sinks();
    told.set_name(sink.name());
    told.set_url(sink.url());
    told.set_taken(!sink.path().empty());
    told.set_why_not_taken(sink.why_not_taken());
  }
  return made;
}

std::string TakenAt(const controlpb::Backup& backup) {
  return base::FormatTime(absl::FromUnixSeconds(backup.taken_at().seconds()) +
                          absl::Nanoseconds(backup.taken_at().nanos()));
}

std::string BackupJson(const controlpb::Backup& backup) {
  std::vector<std::string> sinks;
  for (const auto& sink : backup.sinks()) {
    sinks.push_back(
        fmt::format("{{\"name\":{},\"url\":{},\"taken\":{},\"why_not_taken\":{}}}",
                    JsonString(sink.name()), JsonString(sink.url()), sink.taken(),
                    sink.why_not_taken().empty() ? "null" : JsonString(sink.why_not_taken())));
  }
  return fmt::format(
      "{{\"id\":{},\"directory\":{},\"taken_at\":{},\"log_id\":{},\"files\":{},\"bytes\":{},"
      "\"new_bytes\":{},\"running_imports\":{},\"sinks\":[{}],\"removed\":{},\"seconds\":{:.3f}}}",
      JsonString(backup.id()), JsonString(backup.directory()), JsonString(TakenAt(backup)),
      JsonString(backup.log_id()), backup.files(), backup.bytes(), backup.new_bytes(),
      backup.running_imports(), fmt::join(sinks, ","), backup.removed(), backup.seconds());
}

void PrintNotTaken(const CommandContext& context, const controlpb::Backup& backup) {
  for (const auto& sink : backup.sinks()) {
    if (sink.taken()) continue;
    fmt::print(stderr, "{}\n",
               fmt::format(fmt::runtime(context.Text("Not in the backup: sink {} ({}): {}",
                                                     "未包含在备份中：目标 {}（{}）：{}")),
                           sink.name(), sink.url(), sink.why_not_taken()));
  }
}

}  // namespace sluice::cli
