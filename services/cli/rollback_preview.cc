// What a rollback would do: the rollback's own code, on a copy of an SQLite sink in the scratch
// directory, or in a transaction of a PostgreSQL sink that is given up. Nothing of it stays.
#include "load/rollback_preview.h"

#include <fmt/format.h>

#include <filesystem>
#include <iterator>

#include "cli/preview_run.h"
#include "common/base/status.h"
#include "load/open_sink.h"

namespace sluice::cli {
namespace {

namespace controlpb = control::controlpb;

constexpr std::string_view kSqliteScheme = "sqlite:";

absl::StatusOr<controlpb::PreviewRollbackResponse> RollBack(load::Sink& sink, bool give_up,
                                                            const control::ImportRecord& import,
                                                            const controlpb::UndoOrder& order) {
  SLUICE_ASSIGN_OR_RETURN(const auto plan,
                          plan::CompiledPlan::Compile(import.plan, base::HashKey{}));
  std::vector<std::shared_ptr<const plan::CompiledPlan>> parts = {plan};
  parts.insert(parts.end(), plan->parts().begin(), plan->parts().end());
  load::RollbackPreviewOptions options;
  options.give_up = give_up;
  SLUICE_ASSIGN_OR_RETURN(load::RollbackPreview preview,
                          load::PreviewRollback(sink, std::move(parts), order, options));
  controlpb::PreviewRollbackResponse response;
  *response.mutable_totals() = std::move(preview.totals);
  response.mutable_conflicts()->Add(std::make_move_iterator(preview.conflicts.begin()),
                                    std::make_move_iterator(preview.conflicts.end()));
  return response;
}

}  // namespace

absl::StatusOr<controlpb::PreviewRollbackResponse> PreviewRun::PreviewRollback(
    const control::ImportRecord& import, const control::UndoWish& wish) {
  if (!import.ended()) {
    return absl::FailedPreconditionError(
        fmt::format("import {} is {}: what it will have done is not known yet", import.id,
                    control::StateName(import.state)));
  }
  if (import.rolling_back()) {
    return absl::FailedPreconditionError(fmt::format("import {} is being rolled back", import.id));
  }
  if (import.state == controlpb::IMPORT_STATE_ROLLED_BACK) {
    controlpb::PreviewRollbackResponse nothing_new;
    *nothing_new.mutable_totals() = import.undo.totals();
    return nothing_new;
  }
  controlpb::UndoOrder order;
  order.set_number(static_cast<uint32_t>(import.undo.runs_size() + 1));
  order.mutable_rows()->Add(wish.rows.begin(), wish.rows.end());
  order.set_added_only(wish.added_only);
  order.set_updated_only(wish.updated_only);
  base::MutexLock lock(&mutex_);
  SLUICE_ASSIGN_OR_RETURN(const SinkAddress address, options_.sink(import.plan.sink()));
  if (load::IsPostgresUrl(address.open_url)) {
    SLUICE_ASSIGN_OR_RETURN(const auto sink,
                            load::OpenSink(address.open_url, load::OpenSinkOptions(), random_));
    return RollBack(*sink, true, import, order);
  }
  std::error_code ignored;
  std::filesystem::remove_all(options_.scratch, ignored);
  std::filesystem::create_directories(options_.scratch, ignored);
  const std::string copy = options_.scratch + "/sink.db";
  auto preview = OnCopy(address, copy, import, order);
  std::filesystem::remove_all(options_.scratch, ignored);
  return preview;
}

absl::StatusOr<controlpb::PreviewRollbackResponse> PreviewRun::OnCopy(
    const SinkAddress& address, const std::string& copy, const control::ImportRecord& import,
    const controlpb::UndoOrder& order) {
  database::SqliteOptions original;
  original.path = address.open_url.substr(kSqliteScheme.size());
  SLUICE_ASSIGN_OR_RETURN(const auto sink, load::CopySqliteSink(original, copy, random_));
  return RollBack(*sink, false, import, order);
}

}  // namespace sluice::cli
