#include "control/confirmation.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <map>
#include <set>
#include <vector>

#include "common/base/hash.h"
#include "common/base/status.h"
#include "common/plan/plan_builder.h"
#include "control/import_messages.h"

namespace sluice::control {
namespace {

constexpr size_t kHashDigits = 32;
// Rows that a message names.
constexpr size_t kNamedRows = 10;

std::string CountsText(const ImportCounts& counts) {
  std::string text = fmt::format("rows={}", counts.rows);
  for (const auto& [outcome, count] : counts.outcomes) {
    if (count != 0) text += fmt::format(" {}={}", static_cast<int>(outcome), count);
  }
  for (const auto& [code, count] : counts.issues) text += fmt::format(" {}={}", code, count);
  if (counts.created_references != 0) {
    text += fmt::format(" created_references={}", counts.created_references);
  }
  return text;
}

// The parts of two plans that differ, by the names a mapping file or the command line has for them.
std::vector<std::string> ChangedParts(const planpb::Plan& before, const planpb::Plan& now) {
  std::vector<std::string> parts;
  const auto compare = [&](std::string_view name, const std::string& one,
                           const std::string& other) {
    if (one != other) parts.emplace_back(name);
  };
  const auto text = [](const auto& repeated) {
    std::string all;
    for (const auto& message : repeated) all += message.ShortDebugString() + "\n";
    return all;
  };
  compare("the dataset's definition", before.dataset().ShortDebugString(),
          now.dataset().ShortDebugString());
  planpb::Source source_before = before.source();
  planpb::Source source_now = now.source();
  source_before.clear_upload_sha256();
  source_now.clear_upload_sha256();
  source_before.clear_size_bytes();
  source_now.clear_size_bytes();
  compare("the columns of the file, or how it is read", source_before.ShortDebugString(),
          source_now.ShortDebugString());
  compare("the mapping of the columns", text(before.columns()), text(now.columns()));
  compare("blank", std::to_string(before.blank()), std::to_string(now.blank()));
  compare("identity", text(before.identity()), text(now.identity()));
  compare("on_duplicate", std::to_string(before.on_duplicate()),
          std::to_string(now.on_duplicate()));
  compare("in_file", std::to_string(before.in_file()), std::to_string(now.in_file()));
  compare("skip_when", before.skip_when().ShortDebugString(), now.skip_when().ShortDebugString());
  compare("repairs", fmt::format("{}", fmt::join(before.repairs_off(), ",")),
          fmt::format("{}", fmt::join(now.repairs_off(), ",")));
  compare("unmapped", std::to_string(static_cast<int>(before.unmapped_to_custom())),
          std::to_string(static_cast<int>(now.unmapped_to_custom())));
  compare("the datasets referred to", text(before.references()), text(now.references()));
  compare("the other sheets", text(before.parts()), text(now.parts()));
  compare("the sink", before.sink(), now.sink());
  compare("the import that is replayed", before.replay_of(), now.replay_of());
  return parts;
}

std::string RowList(const std::vector<uint64_t>& rows) {
  const size_t named = std::min(rows.size(), kNamedRows);
  std::string text = fmt::format("{}", fmt::join(rows.begin(), rows.begin() + named, ", "));
  return rows.size() > named ? text + ", ..." : text;
}

// Which rows of the sink are others, by the rows of the file that met them.
void DescribeMatched(const controlpb::Preview& before, const controlpb::Preview& now,
                     std::vector<std::string>& changes) {
  if (before.matched_digest() == now.matched_digest()) return;
  std::map<int64_t, const controlpb::MatchedRow*> known;
  for (const auto& row : before.matched()) known.emplace(row.id(), &row);
  std::set<uint64_t> edited;
  std::set<uint64_t> met;
  for (const auto& row : now.matched()) {
    const auto found = known.find(row.id());
    if (found == known.end()) {
      met.insert(row.source_row());
      continue;
    }
    if (found->second->digest() != row.digest()) edited.insert(row.source_row());
    known.erase(found);
  }
  std::set<uint64_t> lost;
  for (const auto& [id, row] : known) lost.insert(row->source_row());
  const auto say = [&](std::string_view what, const std::set<uint64_t>& rows) {
    if (rows.empty()) return;
    changes.push_back(
        fmt::format("{} (rows {} of the file)", what, RowList({rows.begin(), rows.end()})));
  };
  const size_t size = changes.size();
  say("customers that the file would change were changed in the sink", edited);
  say("customers are in the sink now that were not", met);
  say("customers are no longer in the sink, or no longer match", lost);
  if (changes.size() == size) changes.emplace_back("rows of the sink have changed");
}

void DescribeCounts(const ImportCounts& before, const ImportCounts& now,
                    std::vector<std::string>& changes) {
  static constexpr std::pair<recordpb::Outcome, std::string_view> kOutcomes[] = {
      {recordpb::OUTCOME_ADDED, "added"},         {recordpb::OUTCOME_UPDATED, "updated"},
      {recordpb::OUTCOME_UNCHANGED, "unchanged"}, {recordpb::OUTCOME_SKIPPED, "skipped"},
      {recordpb::OUTCOME_REJECTED, "rejected"},   {recordpb::OUTCOME_REVIEW, "review"}};
  const auto say = [&](std::string_view name, int64_t one, int64_t other) {
    if (one != other) changes.push_back(fmt::format("{} {} -> {}", name, one, other));
  };
  say("rows", static_cast<int64_t>(before.rows), static_cast<int64_t>(now.rows));
  for (const auto& [outcome, name] : kOutcomes) say(name, before.Of(outcome), now.Of(outcome));
  say("issues", before.Issues(), now.Issues());
}

}  // namespace

std::string PreviewHash(const controlpb::Preview& preview) {
  base::Sha256 hash;
  hash.Update(plan::PlanHash(preview.import().plan()));
  hash.Update(CountsText(FromMessage(preview.import()).counts));
  hash.Update(fmt::format(" matched={} ", preview.matched_rows()));
  hash.Update(preview.matched_digest());
  return hash.FinishHex().substr(0, kHashDigits);
}

std::string DescribeChanges(const controlpb::Preview& before, const controlpb::Preview& now) {
  const planpb::Plan& plan_before = before.import().plan();
  const planpb::Plan& plan_now = now.import().plan();
  std::vector<std::string> changes;
  if (plan_before.source().upload_sha256() != plan_now.source().upload_sha256()) {
    changes.emplace_back("the file has other content");
  }
  for (const std::string& part : ChangedParts(plan_before, plan_now)) {
    changes.push_back(part + " changed");
  }
  DescribeMatched(before, now, changes);
  DescribeCounts(FromMessage(before.import()).counts, FromMessage(now.import()).counts, changes);
  return fmt::format("{}", fmt::join(changes, "; "));
}

absl::Status CheckConfirmed(const PreviewStore& previews, Previewer& previewer,
                            const std::string& hash, const StartRequest& request,
                            const uploads::StoredUpload& upload, const PreviewEvents& events,
                            Refusal& refusal) {
  SLUICE_ASSIGN_OR_RETURN(const controlpb::Preview before, previews.Get(hash));
  SLUICE_ASSIGN_OR_RETURN(const controlpb::Preview now,
                          previewer.Preview(request, upload, events, refusal));
  if (now.hash() == hash) return absl::OkStatus();
  return absl::FailedPreconditionError(fmt::format(
      "not imported: this has changed since the preview {}: {}. Run `{} --dry-run` "
      "again and confirm what it says now",
      hash, DescribeChanges(before, now), request.replayed == nullptr ? "import" : "replay"));
}

}  // namespace sluice::control
