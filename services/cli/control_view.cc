#include "cli/control_view.h"

#include <filesystem>

namespace sluice::cli {

absl::StatusOr<std::unique_ptr<control::SqliteControlStore>> OpenControlView(
    CommandContext& context, const std::string& data_dir) {
  database::SqliteOptions options;
  options.path = data_dir + "/control.db";
  options.read_only = true;
  std::error_code ignored;
  if (!std::filesystem::exists(options.path, ignored)) return nullptr;
  auto store = control::SqliteControlStore::Open(options, context.clock, context.random);
  if (absl::IsNotFound(store.status())) return nullptr;
  return store;
}

}  // namespace sluice::cli
