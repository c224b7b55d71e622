#include "cli/replayed_import.h"

#include <fmt/format.h>

#include "cli/control_view.h"
#include "common/base/status.h"

namespace sluice::cli {
namespace {

bool StillRuns(control::controlpb::ImportState state) {
  return state == control::controlpb::IMPORT_STATE_QUEUED ||
         state == control::controlpb::IMPORT_STATE_RUNNING ||
         state == control::controlpb::IMPORT_STATE_PAUSED ||
         state == control::controlpb::IMPORT_STATE_DRAINING;
}

}  // namespace

absl::StatusOr<control::ImportRecord> FindReplayedImport(CommandContext& context,
                                                         const config::LoadedSettings& loaded,
                                                         const std::string& given) {
  SLUICE_ASSIGN_OR_RETURN(const auto view, OpenControlView(context, loaded));
  if (view == nullptr)
    return absl::NotFoundError(fmt::format("there is no import '{}' yet", given));
  SLUICE_ASSIGN_OR_RETURN(control::ImportRecord import, view->FindImport(given));
  const std::string& replayed = import.plan.replay_of();
  if (given != "last" || replayed.empty() || !StillRuns(import.state)) return import;
  return view->FindImport(replayed);
}

absl::StatusOr<SinkAddress> SinkOfImport(CommandContext& context, const config::Settings& settings,
                                         const control::ImportRecord& import) {
  // The data directory's own sink moves with it.
  SLUICE_ASSIGN_OR_RETURN(SinkAddress own, ParseSink("", settings.data_dir));
  if (own.record.name == import.plan.sink()) return own;
  SLUICE_ASSIGN_OR_RETURN(const auto store, OpenLocalStore(context, settings));
  if (store != nullptr) {
    SLUICE_ASSIGN_OR_RETURN(const auto sinks, store->ListSinks());
    for (const control::SinkRecord& sink : sinks) {
      if (sink.name == import.plan.sink()) return SinkAddress{sink, sink.url};
    }
  }
  return absl::InternalError(
      fmt::format("the sink of import {} is not among those that are stored", import.id));
}

}  // namespace sluice::cli
