// What a rollback would do: the rollback's own code, on a copy of an SQLite sink in the scratch
// directory, or in a transaction of a PostgreSQL sink that is given up. Nothing of it stays.
#include <fmt/format.h>

#include <filesystem>

#include "cli/preview_run.h"
#include "common/base/status.h"
#include "common/database/sqlite.h"
#include "load/open_sink.h"
#include "load/rollback_job.h"
#include "load/sqlite_sink.h"

namespace sluice::cli {
namespace {

namespace controlpb = control::controlpb;

// Of each reason, and in all.
constexpr int64_t kShownOfCode = 100;

constexpr std::string_view kSqliteScheme = "sqlite:";

// As it stands at one moment; who writes to it meanwhile is not held up.
absl::Status CopySink(const std::string& path, const std::string& copy) {
  database::SqliteOptions options;
  options.path = path;
  options.read_only = true;
  SLUICE_ASSIGN_OR_RETURN(const auto sink, database::SqliteConnection::Open(options));
  SLUICE_ASSIGN_OR_RETURN(auto vacuum, sink->Prepare("VACUUM INTO ?"));
  vacuum.Bind(1, copy);
  return vacuum.Run();
}

// Keeps what is shown of a preview.
class Shown {
 public:
  void Take(const load::UndoChunk& chunk, const std::string& import_id) {
    for (const control::recordpb::StageResult& result : chunk.results) {
      if (result.import_id() != import_id) continue;
      *response_.mutable_totals() = result.undo();
      for (const control::recordpb::Issue& issue : result.issues()) {
        if (shown_[issue.code()]++ < kShownOfCode) *response_.add_conflicts() = issue;
      }
    }
  }
  controlpb::PreviewRollbackResponse Finish() { return std::move(response_); }

 private:
  controlpb::PreviewRollbackResponse response_;
  std::map<std::string, int64_t> shown_;
};

absl::StatusOr<controlpb::PreviewRollbackResponse> RollBack(load::Sink& sink, bool in_one,
                                                            const control::ImportRecord& import,
                                                            const controlpb::UndoOrder& order) {
  SLUICE_ASSIGN_OR_RETURN(const auto plan,
                          plan::CompiledPlan::Compile(import.plan, base::HashKey{}));
  std::vector<std::shared_ptr<const plan::CompiledPlan>> parts = {plan};
  parts.insert(parts.end(), plan->parts().begin(), plan->parts().end());
  load::RollbackJob job(sink, std::move(parts), order);
  for (const load::UndoDataset& dataset : job.datasets().all()) {
    SLUICE_RETURN_IF_ERROR(sink.Prepare(dataset.dataset));
  }
  Shown shown;
  bool begun = false;
  for (bool done = false; !done;) {
    if (!begun) SLUICE_RETURN_IF_ERROR(sink.Begin());
    begun = in_one;
    auto chunk = job.Step();
    if (!chunk.ok()) {
      sink.Abort();
      return chunk.status();
    }
    shown.Take(*chunk, import.id);
    done = chunk->done;
    if (!in_one) SLUICE_RETURN_IF_ERROR(sink.Commit());
  }
  if (in_one) sink.Abort();
  return shown.Finish();
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
  SLUICE_RETURN_IF_ERROR(CopySink(address.open_url.substr(kSqliteScheme.size()), copy));
  database::SqliteOptions scratch;
  scratch.path = copy;
  scratch.scratch = true;
  SLUICE_ASSIGN_OR_RETURN(const auto sink, load::SqliteSink::Open(scratch, random_));
  return RollBack(*sink, false, import, order);
}

}  // namespace sluice::cli
