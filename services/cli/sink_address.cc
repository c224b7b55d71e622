#include "cli/sink_address.h"

#include <fmt/format.h>

#include <filesystem>

#include "common/base/hash.h"

namespace sluice::cli {
namespace {

constexpr std::string_view kSqlite = "sqlite:";

}  // namespace

absl::StatusOr<control::SinkRecord> ParseSink(std::string_view given, const std::string& data_dir) {
  const std::string standard =
      std::filesystem::absolute(data_dir + "/sink.db").lexically_normal().string();
  if (given.empty()) return control::SinkRecord{"sqlite", std::string(kSqlite) + standard};
  if (given.starts_with("postgres:") || given.starts_with("postgresql:")) {
    return absl::UnimplementedError("--sink postgres: is not available yet; use sqlite:PATH");
  }
  if (!given.starts_with(kSqlite) || given.size() == kSqlite.size()) {
    return absl::InvalidArgumentError(fmt::format("--sink is sqlite:PATH, not '{}'", given));
  }
  given.remove_prefix(kSqlite.size());
  const std::string path =
      std::filesystem::absolute(std::string(given)).lexically_normal().string();
  if (path == standard) return ParseSink("", data_dir);
  return control::SinkRecord{"sqlite-" + base::Sha256Hex(path).substr(0, 16),
                             std::string(kSqlite) + path};
}

std::string SqlitePath(const control::SinkRecord& sink) {
  return sink.url.substr(kSqlite.size());
}

}  // namespace sluice::cli
