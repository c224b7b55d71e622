// What becomes of a record whose row is there: the first of the import, or a further one.
#include <algorithm>

#include "common/base/status.h"
#include "common/plan/issue.h"
#include "load/import_loader.h"

namespace sluice::load {
namespace {

using plan::issue_code::kConflictingValue;
using plan::issue_code::kDuplicateInImport;
using plan::issue_code::kExists;

}  // namespace

absl::Status ImportLoader::WriteMet(const record::MappedRecordView& record, RowId id,
                                    recordpb::Outcome outcome) {
  Met met{record.header.row, record.header.ordinal, static_cast<uint32_t>(outcome), {}};
  for (const FieldWrite& given : given_) met.given.emplace(given.name, GivenValue(given));
  return sink_.WriteMet(KeyOf(record), id, met);
}

absl::Status ImportLoader::FillStub(const record::MappedRecordView& record, SinkRow& row,
                                    pipeline::ResultBuilder& result) {
  writes_ = given_;
  std::erase_if(writes_, [&](const FieldWrite& write) {
    return CurrentValue(write, row, custom_) == write.value;
  });
  recordpb::Outcome outcome = recordpb::OUTCOME_ADDED;
  SLUICE_ASSIGN_OR_RETURN(const bool applied, Apply(record, row, outcome, result));
  if (!applied) return absl::OkStatus();
  result.Count(recordpb::OUTCOME_ADDED);
  result.CountCreatedReference(-1);
  return WriteMet(record, row.id, recordpb::OUTCOME_ADDED);
}

absl::Status ImportLoader::Follow(const record::MappedRecordView& record, SinkRow& row,
                                  pipeline::ResultBuilder& result) {
  if (plan_.plan->plan().on_duplicate() == planpb::ON_DUPLICATE_SKIP) {
    result.AddRow(recordpb::OUTCOME_SKIPPED, record.header.row, record.header.ordinal, kExists);
    return absl::OkStatus();
  }
  CollectAll(row);
  const bool changes = !writes_.empty();
  recordpb::Outcome net = recordpb::OUTCOME_UNCHANGED;
  SLUICE_ASSIGN_OR_RETURN(const bool applied, Apply(record, row, net, result));
  if (!applied) return absl::OkStatus();
  // Not the net outcome of all the import did to the row: earlier records keep theirs.
  result.Count(changes ? recordpb::OUTCOME_UPDATED : recordpb::OUTCOME_UNCHANGED);
  return absl::OkStatus();
}

absl::Status ImportLoader::MeetFirst(const record::MappedRecordView& record, SinkRow& row,
                                     pipeline::ResultBuilder& result) {
  recordpb::Outcome outcome = recordpb::OUTCOME_UNCHANGED;
  if (plan_.plan->plan().on_duplicate() == planpb::ON_DUPLICATE_SKIP) {
    outcome = recordpb::OUTCOME_SKIPPED;
    result.AddRow(outcome, record.header.row, record.header.ordinal, kExists);
  } else {
    CollectAll(row);
    SLUICE_ASSIGN_OR_RETURN(const bool applied, Apply(record, row, outcome, result));
    if (!applied) return absl::OkStatus();
    // The row of an earlier round has added it.
    const bool again = record.header.round > 0 && outcome == recordpb::OUTCOME_ADDED;
    if (again) outcome = recordpb::OUTCOME_UPDATED;
    result.Count(outcome);
  }
  return WriteMet(record, row.id, outcome);
}

absl::Status ImportLoader::MeetAgain(const record::MappedRecordView& record, SinkRow& row, Met& met,
                                     pipeline::ResultBuilder& result) {
  const auto standing = static_cast<recordpb::Outcome>(met.outcome);
  const bool own = standing == recordpb::OUTCOME_ADDED;
  const planpb::InFile in_file = plan_.plan->plan().in_file();
  // Rows that were there before and are to be skipped stay as they are, whatever the file says.
  const bool takes = in_file != planpb::IN_FILE_FIRST && standing != recordpb::OUTCOME_SKIPPED;
  const bool last = takes && in_file == planpb::IN_FILE_LAST;
  writes_.clear();
  std::vector<const FieldWrite*> conflicts;
  std::vector<std::string> referring;
  const Met met_before = met;
  for (const FieldWrite& given : given_) {
    if (!takes) break;
    const auto found = met.given.find(given.name);
    if (found == met.given.end() || last) {
      met.given[given.name] = GivenValue(given);
      writes_.push_back(given);
      if (IsPending(given)) referring.push_back(given.name);
    } else if (found->second != GivenValue(given)) {
      conflicts.push_back(&given);
    }
  }
  std::optional<JournalEntry> own_entry;
  if (!writes_.empty() && !own) {
    SLUICE_ASSIGN_OR_RETURN(own_entry, sink_.ReadEntry(plan_.dataset, row.id, UINT32_MAX));
    if (own_entry.has_value() && own_entry->import_sequence != sequence()) own_entry.reset();
  }
  CollectWrites(row, own, own_entry.has_value() ? &*own_entry : nullptr);
  recordpb::Outcome outcome = standing;
  SLUICE_ASSIGN_OR_RETURN(const bool applied, Apply(record, row, outcome, result));
  if (!applied) return absl::OkStatus();
  for (const FieldWrite& given : given_) {
    // A row created for it may have another id than it was to have, or may not have come to be.
    if (std::find(referring.begin(), referring.end(), given.name) != referring.end()) {
      met.given[given.name] = GivenValue(given);
    }
  }
  if (own) outcome = recordpb::OUTCOME_ADDED;
  // The row of an earlier round has added it.
  const bool again = record.header.round > 0 && !own && outcome == recordpb::OUTCOME_ADDED;
  if (again) outcome = recordpb::OUTCOME_UPDATED;
  for (const FieldWrite* given : conflicts) {
    result
        .AddIssue(record.header.row, kConflictingValue, given->name, GivenValue(*given),
                  met.given.at(given->name))
        .set_other_row(met.row);
  }
  if (outcome != standing) {
    result.Count(standing, -1);
    result.Count(outcome);
  }
  recordpb::RowResult& skipped =
      last ? result.AddRow(recordpb::OUTCOME_SKIPPED, met.row, met.ordinal, kDuplicateInImport)
           : result.AddRow(recordpb::OUTCOME_SKIPPED, record.header.row, record.header.ordinal,
                           kDuplicateInImport);
  skipped.set_other_row(last ? record.header.row : met.row);
  if (last) result.SetLast(outcome);
  met.outcome = outcome;
  if (last) {
    met.row = record.header.row;
    met.ordinal = record.header.ordinal;
  }
  if (met.row == met_before.row && met.outcome == met_before.outcome &&
      met.given == met_before.given) {
    return absl::OkStatus();
  }
  return sink_.WriteMet(KeyOf(record), row.id, met);
}

}  // namespace sluice::load
