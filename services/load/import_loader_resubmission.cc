// Records that come again in a round above 0: mended rows, and rows a person has answered for.
#include <algorithm>

#include "common/base/hash.h"
#include "common/base/status.h"
#include "common/base/wire.h"
#include "common/plan/issue.h"
#include "load/import_loader.h"

namespace sluice::load {
namespace {

using plan::issue_code::kAmbiguousMatch;
using plan::issue_code::kNoSuchRow;
using plan::issue_code::kNotWanted;

// Rows of the journal that are looked up at once.
constexpr size_t kChangedAtOnce = 20000;
// Half a SHA-256, in hexadecimal.
constexpr size_t kDecisionBytes = 32;

}  // namespace

absl::Status ImportLoader::LoadResubmitted(const record::MappedRecordView& record,
                                           pipeline::ResultBuilder& result) {
  SLUICE_ASSIGN_OR_RETURN(const recordpb::Resubmission said,
                          pipeline::ParseResubmission(record.header.resubmission));
  const Decision decision{said.answer(), said.row_id()};
  last_row_ = 0;
  if (said.answer() != recordpb::ANSWER_UNSPECIFIED) {
    SLUICE_RETURN_IF_ERROR(Obey(record, decision, result));
  } else if (pipeline::WasImported(said)) {
    SLUICE_RETURN_IF_ERROR(Correct(record, said, result));
  } else {
    SLUICE_RETURN_IF_ERROR(LoadResolved(record, result));
  }
  // Only what could be done is done again.
  const bool followed = result.last() != recordpb::OUTCOME_REVIEW;
  pipeline::EndResubmitted(record.header, said, last_row_, result);
  if (!said.remember() || !followed || record.header.identity.empty()) return absl::OkStatus();
  TakeFields(record);
  return sink_.WriteDecision(plan_.dataset, IdentityOf(record), decision);
}

absl::StatusOr<bool> ImportLoader::Stands(const std::optional<Decision>& decision) {
  if (!decision.has_value() || decision->answer != recordpb::ANSWER_ROW) {
    return decision.has_value();
  }
  SLUICE_ASSIGN_OR_RETURN(const auto row, sink_.ReadRow(plan_.dataset, decision->row));
  return row.has_value();
}

std::string ImportLoader::IdentityOf(const record::MappedRecordView& record) const {
  std::string identity;
  const size_t rule = record.header.identity_rule;
  if (rule >= plan_.identity_rules) return identity;
  base::WireWriter out(identity);
  for (const uint32_t field : plan_.dataset.rules[rule].fields) {
    out.Element(1, plan_.dataset.dataset.fields(static_cast<int>(field)).name());
    out.Element(2, fields_[field]);
  }
  base::Sha256 hash;
  hash.Update(identity);
  return hash.FinishHex().substr(0, kDecisionBytes);
}

absl::Status ImportLoader::Obey(const record::MappedRecordView& record, const Decision& decision,
                                pipeline::ResultBuilder& result) {
  TakeFields(record);
  if (decision.answer == recordpb::ANSWER_NEVER) {
    result.AddRow(recordpb::OUTCOME_SKIPPED, record.header.row, record.header.ordinal, kNotWanted);
    return absl::OkStatus();
  }
  if (decision.answer == recordpb::ANSWER_NEW) return Create(record, result);
  SLUICE_ASSIGN_OR_RETURN(auto row, sink_.ReadRow(plan_.dataset, decision.row));
  if (!row.has_value()) {
    result.AddRow(recordpb::OUTCOME_REVIEW, record.header.row, record.header.ordinal, kNoSuchRow);
    return absl::OkStatus();
  }
  // Found by a person, which is stronger than any rule.
  return Meet(record, *row, 0, result);
}

absl::StatusOr<std::span<const ChangedBySource>> ImportLoader::ChangedBy(uint64_t source_row) {
  if (source_row < changed_by_from_ || source_row >= changed_by_to_) {
    SLUICE_RETURN_IF_ERROR(sink_.ReadChangedBySource(plan_.dataset, sequence(), source_row,
                                                     kChangedAtOnce, changed_by_));
    changed_by_from_ = source_row;
    // All that there are, or up to a row of which there may be more.
    changed_by_to_ =
        changed_by_.size() < kChangedAtOnce ? UINT64_MAX : changed_by_.back().source_row;
    if (changed_by_to_ <= source_row) return absl::InternalError("a row has changed too many rows");
  }
  const auto [first, last] =
      std::equal_range(changed_by_.begin(), changed_by_.end(), ChangedBySource{source_row, 0},
                       [](const ChangedBySource& a, const ChangedBySource& b) {
                         return a.source_row < b.source_row;
                       });
  return std::span<const ChangedBySource>(first, last);
}

absl::StatusOr<bool> ImportLoader::HasCreated(RowId id) {
  SLUICE_ASSIGN_OR_RETURN(const auto first, sink_.ReadEntry(plan_.dataset, id, 1));
  return first.has_value() && first->kind == EntryKind::kCreated &&
         first->import_sequence == sequence();
}

absl::StatusOr<ImportLoader::Written> ImportLoader::FindWritten(
    const record::MappedRecordView& record, const recordpb::Resubmission& said) {
  if (said.replaces() == recordpb::OUTCOME_UNSPECIFIED) return FindInJournal(record);
  // A later round has told.
  Written written;
  written.outcome = said.replaces();
  SLUICE_ASSIGN_OR_RETURN(written.row, sink_.ReadRow(plan_.dataset, said.row_id()));
  if (!written.row.has_value()) written.unknown_because = kNoSuchRow;
  return written;
}

absl::StatusOr<ImportLoader::Written> ImportLoader::FindInJournal(
    const record::MappedRecordView& record) {
  if (record.header.round != changed_by_round_) {
    changed_by_round_ = record.header.round;
    changed_by_from_ = changed_by_to_ = 0;
  }
  RowId id = RowIdFor(sequence(), record.header.ordinal);
  SLUICE_ASSIGN_OR_RETURN(bool created, HasCreated(id));
  if (!created) {
    SLUICE_ASSIGN_OR_RETURN(const auto changed, ChangedBy(record.header.row));
    if (changed.empty()) return FindByMatch();
    id = changed.front().id;
    // Rows of two sheets may have one number, and the journal does not tell them apart.
    if (changed.size() > 1 || plan_.plan->shares_dataset()) {
      Written written;
      written.unknown_because = kAmbiguousMatch;
      return written;
    }
    SLUICE_ASSIGN_OR_RETURN(created, HasCreated(id));
  }
  Written written;
  written.outcome = created ? recordpb::OUTCOME_ADDED : recordpb::OUTCOME_UPDATED;
  SLUICE_ASSIGN_OR_RETURN(written.row, sink_.ReadRow(plan_.dataset, id));
  if (!written.row.has_value()) written.unknown_because = kNoSuchRow;
  return written;
}

absl::StatusOr<ImportLoader::Written> ImportLoader::FindByMatch() {
  Written written;
  const bool own_only = plan_.plan->plan().on_duplicate() == planpb::ON_DUPLICATE_CREATE;
  SLUICE_ASSIGN_OR_RETURN(MatchResult match, matcher_.Match(fields_, own_only));
  if (match.kind != MatchResult::Kind::kOne) {
    // Nobody knows whom it was, now that its keys are others: nothing is created twice.
    const bool none = match.kind == MatchResult::Kind::kNone;
    written.unknown_because = none ? kNoSuchRow : kAmbiguousMatch;
    return written;
  }
  // What the import has done to it, it has done for this row, under another's number: rows of one
  // customer share a row.
  SLUICE_ASSIGN_OR_RETURN(const auto entry,
                          sink_.ReadEntry(plan_.dataset, match.row.id, UINT32_MAX));
  if (entry.has_value() && entry->import_sequence == sequence()) {
    SLUICE_ASSIGN_OR_RETURN(const bool created, HasCreated(match.row.id));
    written.outcome = created ? recordpb::OUTCOME_ADDED : recordpb::OUTCOME_UPDATED;
  }
  written.row = std::move(match.row);
  return written;
}

void ImportLoader::ClearMendedUnfit(bool own, const JournalEntry* own_entry) {
  for (const plan::FieldTarget& target : plan_.plan->fields()) {
    const auto unfit = custom_.find(target.unfit_name);
    if (unfit == custom_.end()) continue;
    const std::string name = "custom." + target.unfit_name;
    const auto is_given = [&](auto matches) {
      return std::any_of(given_.begin(), given_.end(), matches);
    };
    const auto field = static_cast<int>(target.field);
    if (!is_given([&](const FieldWrite& write) { return write.field == field; })) continue;
    if (is_given([&](const FieldWrite& write) { return write.name == name; })) continue;
    const bool wrote =
        own || (own_entry != nullptr &&
                std::any_of(own_entry->changes.begin(), own_entry->changes.end(),
                            [&](const JournalChange& change) {
                              return change.name == name && change.written == unfit->second;
                            }));
    if (wrote) cleared_.push_back({FieldWrite::kCustomField, name, std::nullopt});
  }
}

absl::Status ImportLoader::Correct(const record::MappedRecordView& record,
                                   const recordpb::Resubmission& said,
                                   pipeline::ResultBuilder& result) {
  TakeFields(record);
  SLUICE_ASSIGN_OR_RETURN(Written written, FindWritten(record, said));
  if (!written.unknown_because.empty()) {
    result.AddRow(recordpb::OUTCOME_REVIEW, record.header.row, record.header.ordinal,
                  written.unknown_because);
    return absl::OkStatus();
  }
  SinkRow& row = *written.row;
  last_row_ = row.id;
  ReadGiven(record);
  ReadCleared(record);
  custom_readable_ = ParseCustom(row.custom, custom_);
  const bool own = written.outcome == recordpb::OUTCOME_ADDED;
  SLUICE_ASSIGN_OR_RETURN(auto entry, sink_.ReadEntry(plan_.dataset, row.id, UINT32_MAX));
  // What another row of the import has filled is not this one's to fill again.
  const bool entry_is_own = entry.has_value() && entry->import_sequence == sequence() &&
                            (own || entry->source_row == record.header.row);
  if (!entry_is_own) entry.reset();
  const JournalEntry* own_entry = entry.has_value() ? &*entry : nullptr;
  ClearMendedUnfit(own, own_entry);
  writes_ = given_;
  writes_.insert(writes_.end(), cleared_.begin(), cleared_.end());
  CollectWrites(row, own, own_entry);
  recordpb::Outcome outcome = written.outcome;
  SLUICE_ASSIGN_OR_RETURN(const bool applied, Apply(record, row, outcome, result));
  if (!applied) return absl::OkStatus();
  // Only the row that created it has added it.
  if (!own && outcome == recordpb::OUTCOME_ADDED) outcome = recordpb::OUTCOME_UPDATED;
  result.Count(written.outcome, -1);
  result.Count(outcome);
  return absl::OkStatus();
}

}  // namespace sluice::load
