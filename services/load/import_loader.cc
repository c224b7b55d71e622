#include "load/import_loader.h"

#include <algorithm>

#include "common/base/status.h"
#include "common/plan/issue.h"

namespace sluice::load {
namespace {

using plan::issue_code::kAmbiguousMatch;
using plan::issue_code::kKeyTaken;
using plan::issue_code::kLinkedByWeakerRule;

bool Blank(const std::optional<std::string>& value) {
  return !value.has_value() || value->empty();
}

void ViewsOf(const SinkRow& row, FieldViews& views) {
  views.clear();
  for (const auto& value : row.fields) {
    views.push_back(value.has_value() ? std::string_view(*value) : std::string_view());
  }
}

}  // namespace

ImportLoader::ImportLoader(Sink& sink, std::shared_ptr<const plan::CompiledPlan> plan)
    : sink_(sink),
      plan_(std::move(plan)),
      matcher_(sink, plan_),
      writer_(sink),
      references_(sink, plan_.plan) {}

std::vector<SinkDataset> ImportLoader::Datasets() const {
  std::vector<SinkDataset> datasets = references_.Targets();
  datasets.push_back(plan_.dataset);
  return datasets;
}

void ImportLoader::TakeFields(const record::MappedRecordView& record) {
  fields_.assign(plan_.dataset.dataset.fields_size(), {});
  for (const record::FieldValue& field : record.fields) {
    if (field.field < fields_.size()) fields_[field.field] = field.value;
  }
}

bool ImportLoader::NoteKey(size_t rule) {
  const size_t first = noted_values_.size();
  for (const uint32_t field : plan_.dataset.rules[rule].fields) {
    if (fields_[field].empty()) {
      noted_values_.resize(first);
      return false;
    }
    noted_values_.push_back(fields_[field]);
  }
  noted_.push_back({static_cast<uint32_t>(rule), first});
  return true;
}

void ImportLoader::Note(const record::MappedRecordView& record) {
  TakeFields(record);
  noted_ids_.push_back(RowIdFor(sequence(), record.header.ordinal));
  bool any_complete = false;
  for (size_t rule = 0; rule < plan_.identity_rules; ++rule) {
    any_complete = NoteKey(rule) || any_complete;
  }
  if (!any_complete && plan_.required_rule != plan_.first_unique_rule) {
    NoteKey(plan_.required_rule);
  }
  for (size_t rule = plan_.first_unique_rule; rule < plan_.dataset.rules.size(); ++rule) {
    NoteKey(rule);
  }
  references_.Note(record);
}

absl::Status ImportLoader::Announce() {
  if (noted_ids_.empty()) return absl::OkStatus();
  std::vector<KeyProbe> probes;
  probes.reserve(noted_.size());
  for (const NotedKey& key : noted_) {
    const size_t count = plan_.dataset.rules[key.rule].fields.size();
    probes.push_back({key.rule, std::span(&noted_values_[key.first_value], count)});
  }
  const absl::Status status = sink_.Expect(plan_.dataset, probes, noted_ids_);
  noted_.clear();
  noted_values_.clear();
  noted_ids_.clear();
  SLUICE_RETURN_IF_ERROR(status);
  return references_.Announce();
}

absl::Status ImportLoader::Load(const record::MappedRecordView& record,
                                pipeline::ResultBuilder& result) {
  for (const record::FieldValue& field : record.fields) {
    if (field.field >= static_cast<uint32_t>(plan_.dataset.dataset.fields_size())) {
      return absl::DataLossError("a record names no field");
    }
  }
  for (const uint32_t field : record.cleared.fields) {
    if (field >= static_cast<uint32_t>(plan_.dataset.dataset.fields_size())) {
      return absl::DataLossError("a record clears no field");
    }
  }
  const record::MappedRecordView* resolved = &record;
  if (!references_.empty()) {
    SLUICE_ASSIGN_OR_RETURN(resolved, references_.Resolve(record, result));
  }
  return record.header.round == 0 ? LoadResolved(*resolved, result)
                                  : LoadResubmitted(*resolved, result);
}

absl::Status ImportLoader::LoadResolved(const record::MappedRecordView& record,
                                        pipeline::ResultBuilder& result) {
  TakeFields(record);
  const planpb::OnDuplicate policy = plan_.plan->plan().on_duplicate();
  SLUICE_ASSIGN_OR_RETURN(MatchResult match,
                          matcher_.Match(fields_, policy == planpb::ON_DUPLICATE_CREATE));
  if (match.kind == MatchResult::Kind::kAmbiguous) {
    return EndAmbiguous(record, match.candidates, result);
  }
  if (match.kind == MatchResult::Kind::kNone) return Create(record, result);
  return Meet(record, match.row, match.rule, result);
}

absl::Status ImportLoader::EndAmbiguous(const record::MappedRecordView& record,
                                        const std::vector<RowId>& candidates,
                                        pipeline::ResultBuilder& result) {
  if (!record.header.identity.empty()) {
    SLUICE_ASSIGN_OR_RETURN(const auto decision,
                            sink_.ReadDecision(plan_.dataset, IdentityOf(record)));
    SLUICE_ASSIGN_OR_RETURN(const bool stands, Stands(decision));
    if (stands) return Obey(record, *decision, result);
  }
  recordpb::RowResult& row = result.AddRow(recordpb::OUTCOME_REVIEW, record.header.row,
                                           record.header.ordinal, kAmbiguousMatch);
  for (const RowId id : candidates) row.add_candidates(id);
  return absl::OkStatus();
}

recordpb::RowResult& ImportLoader::EndKeyTaken(const record::MappedRecordView& record,
                                               const KeyHolder& holder,
                                               pipeline::ResultBuilder& result) const {
  return result.AddRow(recordpb::OUTCOME_REVIEW, record.header.row, record.header.ordinal,
                       kKeyTaken,
                       plan_.dataset.dataset.fields(static_cast<int>(holder.field)).name());
}

absl::Status ImportLoader::Meet(const record::MappedRecordView& record, SinkRow& row, size_t rule,
                                pipeline::ResultBuilder& result) {
  last_row_ = row.id;
  ReadGiven(record);
  ReadCleared(record);
  custom_readable_ = ParseCustom(row.custom, custom_);
  if (plan_.plan->plan().in_file() == planpb::IN_FILE_EACH) return Follow(record, row, result);
  SLUICE_ASSIGN_OR_RETURN(auto met, MetOf(KeyOf(record), row));
  if (!met.has_value()) return MeetFirst(record, row, result);
  if (met->outcome == recordpb::OUTCOME_UNSPECIFIED) return FillStub(record, row, result);
  if (!plan_.plan->plan().whole_on_one_partition() && !record.header.identity.empty() &&
      rule > record.header.identity_rule) {
    result.AddIssue(record.header.row, kLinkedByWeakerRule, {}, {}, {}).set_other_row(met->row);
  }
  return MeetAgain(record, row, *met, result);
}

void ImportLoader::ReadGiven(const record::MappedRecordView& record) {
  given_.clear();
  for (const record::FieldValue& field : record.fields) {
    given_.push_back({static_cast<int>(field.field),
                      plan_.dataset.dataset.fields(static_cast<int>(field.field)).name(),
                      std::string(field.value)});
  }
  for (const record::CustomValue& custom : record.custom) {
    given_.push_back(
        {FieldWrite::kCustomField, "custom." + std::string(custom.name), JsonString(custom.value)});
  }
}

void ImportLoader::ReadCleared(const record::MappedRecordView& record) {
  cleared_.clear();
  for (const uint32_t field : record.cleared.fields) {
    cleared_.push_back({static_cast<int>(field),
                        plan_.dataset.dataset.fields(static_cast<int>(field)).name(),
                        std::nullopt});
  }
  for (const std::string_view name : record.cleared.custom) {
    cleared_.push_back({FieldWrite::kCustomField, "custom." + std::string(name), std::nullopt});
  }
}

absl::Status ImportLoader::Create(const record::MappedRecordView& record,
                                  pipeline::ResultBuilder& result) {
  SLUICE_ASSIGN_OR_RETURN(const KeyHolder holder, matcher_.FindKeyHolder(0, {}, fields_, false));
  if (holder.row != 0) {
    EndKeyTaken(record, holder, result).add_candidates(holder.row);
    return absl::OkStatus();
  }
  for (uint32_t field = 0; field < fields_.size(); ++field) {
    if (!references_.IsPending(field)) continue;
    SLUICE_ASSIGN_OR_RETURN(fields_[field], references_.Create(field, result));
  }
  NewRow row;
  row.id = RowIdFor(sequence(), record.header.ordinal);
  row.source_row = record.header.row;
  row.fields = fields_;
  std::string json;
  tokens_.clear();
  if (!record.custom.empty()) {
    custom_.clear();
    for (const record::CustomValue& custom : record.custom) {
      tokens_.push_back({std::string(custom.name), JsonString(custom.value)});
      custom_[tokens_.back().name] = tokens_.back().token;
    }
    json = RenderCustom(custom_);
  }
  row.custom = tokens_;
  row.custom_json = json;
  SLUICE_ASSIGN_OR_RETURN(const RowId id, sink_.Insert(plan_.dataset, row, sequence()));
  result.Count(recordpb::OUTCOME_ADDED);
  last_row_ = id;
  if (id == row.id && record.header.round == 0) return absl::OkStatus();
  // The id does not tell whose row it is, or of which round: say it.
  ReadGiven(record);
  return WriteMet(record, id, recordpb::OUTCOME_ADDED);
}

absl::StatusOr<std::optional<Met>> ImportLoader::MetOf(const MetKey& key, const SinkRow& row) {
  SLUICE_ASSIGN_OR_RETURN(auto met, sink_.ReadMet(key, row.id));
  // Of a later round, every row that it has met is written down.
  if (met.has_value() || SequenceOf(row.id) != sequence() || (key.round > 0 && !IsStubId(row.id))) {
    return met;
  }
  // Created by this import and not touched since: its first journal entry says what was given.
  SLUICE_ASSIGN_OR_RETURN(const auto entry, sink_.ReadEntry(plan_.dataset, row.id, 1));
  if (!entry.has_value() || entry->kind != EntryKind::kCreated ||
      entry->import_sequence != sequence()) {
    return met;
  }
  met.emplace();
  met->row = entry->source_row;
  met->ordinal = OrdinalOf(row.id);
  met->outcome = IsStubId(row.id) ? recordpb::OUTCOME_UNSPECIFIED : recordpb::OUTCOME_ADDED;
  for (const JournalChange& change : entry->changes) {
    if (change.written.has_value()) met->given.emplace(change.name, *change.written);
  }
  return met;
}

planpb::WritePolicy ImportLoader::PolicyOf(const FieldWrite& write) const {
  planpb::WritePolicy policy = planpb::WRITE_POLICY_OVERWRITE;
  if (!plan_.write.empty()) {
    const auto found = plan_.write.find(write.name);
    if (found != plan_.write.end()) policy = found->second;
  }
  switch (plan_.plan->plan().on_duplicate()) {
    case planpb::ON_DUPLICATE_SKIP:
      return planpb::WRITE_POLICY_NEVER;
    case planpb::ON_DUPLICATE_FILL:
      return std::max(policy, planpb::WRITE_POLICY_FILL);
    default:
      return policy;
  }
}

bool ImportLoader::MayFill(const FieldWrite& write, const std::optional<std::string>& current,
                           const JournalEntry* own_entry) const {
  if (Blank(current)) return true;
  if (own_entry == nullptr) return false;
  // A blank this import filled itself is still its to fill.
  return std::any_of(
      own_entry->changes.begin(), own_entry->changes.end(), [&](const JournalChange& change) {
        return change.name == write.name && Blank(change.before) && change.written == current;
      });
}

bool ImportLoader::MayWrite(const FieldWrite& write, const SinkRow& row, bool own,
                            const JournalEntry* own_entry) const {
  if (write.field == FieldWrite::kCustomField && !custom_readable_) return false;
  const std::optional<std::string> current = CurrentValue(write, row, custom_);
  if (current == write.value || (!write.value.has_value() && Blank(current))) return false;
  // The import is still creating it.
  if (own) return true;
  switch (PolicyOf(write)) {
    case planpb::WRITE_POLICY_NEVER:
      return false;
    case planpb::WRITE_POLICY_FILL:
      return write.value.has_value() && MayFill(write, current, own_entry);
    default:
      return true;
  }
}

void ImportLoader::CollectWrites(const SinkRow& row, bool own, const JournalEntry* own_entry) {
  std::erase_if(writes_,
                [&](const FieldWrite& write) { return !MayWrite(write, row, own, own_entry); });
}

void ImportLoader::CollectAll(const SinkRow& row) {
  writes_ = given_;
  writes_.insert(writes_.end(), cleared_.begin(), cleared_.end());
  CollectWrites(row, /*own=*/false, nullptr);
}

absl::StatusOr<bool> ImportLoader::Apply(const record::MappedRecordView& record, SinkRow& row,
                                         recordpb::Outcome& outcome,
                                         pipeline::ResultBuilder& result) {
  if (writes_.empty()) return true;
  ViewsOf(row, before_);
  after_ = before_;
  for (const FieldWrite& write : writes_) {
    if (write.field == FieldWrite::kCustomField) continue;
    after_[write.field] = write.value.has_value() ? std::string_view(*write.value) : "";
  }
  // Who wants no matching has no use for a review because of rows that were not matched.
  const bool own_only = plan_.plan->plan().on_duplicate() == planpb::ON_DUPLICATE_CREATE;
  SLUICE_ASSIGN_OR_RETURN(const KeyHolder holder,
                          matcher_.FindKeyHolder(row.id, before_, after_, own_only));
  if (holder.row != 0) {
    recordpb::RowResult& review = EndKeyTaken(record, holder, result);
    review.add_candidates(row.id);
    review.add_candidates(holder.row);
    return false;
  }
  SLUICE_RETURN_IF_ERROR(CreateReferences(writes_, result));
  SLUICE_ASSIGN_OR_RETURN(
      outcome, writer_.Write(plan_.dataset, sequence(), record.header.row, writes_, row, custom_));
  return true;
}

absl::Status ImportLoader::CreateReferences(std::vector<FieldWrite>& writes,
                                            pipeline::ResultBuilder& result) {
  for (FieldWrite& write : writes) {
    if (!IsPending(write)) continue;
    SLUICE_ASSIGN_OR_RETURN(write.value,
                            references_.Create(static_cast<uint32_t>(write.field), result));
    for (FieldWrite& given : given_) {
      if (given.name == write.name) given.value = write.value;
    }
  }
  return absl::OkStatus();
}

}  // namespace sluice::load
