// Loads the records of one import: matches, applies the policies, keeps the counts net.
#pragma once

#include <string>
#include <vector>

#include "common/pipeline/resubmitted.h"
#include "common/pipeline/result_builder.h"
#include "common/record/mapped_record.h"
#include "load/matcher.h"
#include "load/reference_resolver.h"
#include "load/row_writer.h"
#include "load/sink.h"

namespace sluice::load {

// Thread-compatible. The sink outlives it. Everything happens in the sink's open transaction.
class ImportLoader {
 public:
  ImportLoader(Sink& sink, std::shared_ptr<const plan::CompiledPlan> plan);

  // Notes what the record will ask the sink for; Announce tells the sink all that was noted. The
  // record's bytes must live until then.
  void Note(const record::MappedRecordView& record);
  absl::Status Announce();
  // One record. Outcomes, rows and issues go into `result`.
  absl::Status Load(const record::MappedRecordView& record, pipeline::ResultBuilder& result);
  const SinkDataset& dataset() const { return plan_.dataset; }
  // The dataset and those it refers to, with the keys that are asked for; one may stand twice.
  std::vector<SinkDataset> Datasets() const;
  uint64_t sequence() const { return plan_.plan->plan().sequence(); }
  // Of part 0: the parts besides it.
  uint32_t parts() const { return static_cast<uint32_t>(plan_.plan->parts().size()); }

 private:
  // A key of a noted record: its values stand in noted_values_.
  struct NotedKey {
    uint32_t rule = 0;
    size_t first_value = 0;
  };

  void TakeFields(const record::MappedRecordView& record);
  bool NoteKey(size_t rule);
  absl::Status LoadResolved(const record::MappedRecordView& record,
                            pipeline::ResultBuilder& result);
  absl::Status Create(const record::MappedRecordView& record, pipeline::ResultBuilder& result);
  // The row is there, found by this rule.
  absl::Status Meet(const record::MappedRecordView& record, SinkRow& row, size_t rule,
                    pipeline::ResultBuilder& result);
  // Several rows may be it: to review, unless somebody has answered for such records.
  absl::Status EndAmbiguous(const record::MappedRecordView& record,
                            const std::vector<RowId>& candidates, pipeline::ResultBuilder& result);
  // To review: another row holds a key that the record would give its own.
  recordpb::RowResult& EndKeyTaken(const record::MappedRecordView& record, const KeyHolder& holder,
                                   pipeline::ResultBuilder& result) const;
  // Whether there is an answer that can still be followed.
  absl::StatusOr<bool> Stands(const std::optional<Decision>& decision);
  // Of a round above 0.
  absl::Status LoadResubmitted(const record::MappedRecordView& record,
                               pipeline::ResultBuilder& result);
  // What answers are remembered by: a digest of the fields of its identity, which every
  // installation and every preview works out alike. Of the record whose fields were taken.
  std::string IdentityOf(const record::MappedRecordView& record) const;
  absl::Status Obey(const record::MappedRecordView& record, const Decision& decision,
                    pipeline::ResultBuilder& result);
  // The record's row was imported in an earlier round, and is mended.
  absl::Status Correct(const record::MappedRecordView& record, const recordpb::Resubmission& said,
                       pipeline::ResultBuilder& result);
  // The row of the sink that the record's row wrote then, and how it ended. No row, and no reason
  // why: no row is it.
  struct Written {
    std::optional<SinkRow> row;
    recordpb::Outcome outcome = recordpb::OUTCOME_UNCHANGED;
    std::string_view unknown_because;
  };
  absl::StatusOr<Written> FindWritten(const record::MappedRecordView& record,
                                      const recordpb::Resubmission& said);
  // Of a row of round 0: by what the import has written.
  absl::StatusOr<Written> FindInJournal(const record::MappedRecordView& record);
  // Of one that changed nothing then, or has shared a row with another.
  absl::StatusOr<Written> FindByMatch();
  absl::StatusOr<bool> HasCreated(RowId id);
  // What did not fit a field stands beside it, put there by this import; the field has been given a
  // value now, and it goes.
  void ClearMendedUnfit(bool own, const JournalEntry* own_entry);
  // The rows that the import has changed because of this row of its source.
  absl::StatusOr<std::span<const ChangedBySource>> ChangedBy(uint64_t source_row);
  // Creates the rows that fields about to be written refer to.
  absl::Status CreateReferences(std::vector<FieldWrite>& writes, pipeline::ResultBuilder& result);
  bool IsPending(const FieldWrite& write) const {
    return write.field != FieldWrite::kCustomField &&
           references_.IsPending(static_cast<uint32_t>(write.field));
  }
  // What a record has given, as others of the import are compared with it: a reference to a row
  // that was not created after all is its text.
  std::string_view GivenValue(const FieldWrite& given) const {
    return IsPending(given) ? references_.TextOf(static_cast<uint32_t>(given.field))
                            : std::string_view(*given.value);
  }
  // The record is the first of the import to meet the row, with what it has given.
  absl::Status WriteMet(const record::MappedRecordView& record, RowId id,
                        recordpb::Outcome outcome);
  // A row that only a reference had asked for: the record is what stands.
  absl::Status FillStub(const record::MappedRecordView& record, SinkRow& row,
                        pipeline::ResultBuilder& result);
  // Of a stream: as if it were the only record.
  absl::Status Follow(const record::MappedRecordView& record, SinkRow& row,
                      pipeline::ResultBuilder& result);
  absl::Status MeetFirst(const record::MappedRecordView& record, SinkRow& row,
                         pipeline::ResultBuilder& result);
  absl::Status MeetAgain(const record::MappedRecordView& record, SinkRow& row, Met& met,
                         pipeline::ResultBuilder& result);
  absl::StatusOr<std::optional<Met>> MetOf(const MetKey& key, const SinkRow& row);
  // What the record would write into the row that no earlier row of the file has given or, with
  // `last`, whatever it was.
  void CollectWrites(const SinkRow& row, bool own, const JournalEntry* own_entry);
  // The stricter of on_duplicate and what the mapping says of the field.
  planpb::WritePolicy PolicyOf(const FieldWrite& write) const;
  bool MayWrite(const FieldWrite& write, const SinkRow& row, bool own,
                const JournalEntry* own_entry) const;
  // Applies writes_ unless they would take another row's key; then the record goes to review.
  absl::StatusOr<bool> Apply(const record::MappedRecordView& record, SinkRow& row,
                             recordpb::Outcome& outcome, pipeline::ResultBuilder& result);
  void ReadGiven(const record::MappedRecordView& record);
  void ReadCleared(const record::MappedRecordView& record);
  // What the record gives and clears, as far as the policies let it.
  void CollectAll(const SinkRow& row);
  bool MayFill(const FieldWrite& write, const std::optional<std::string>& current,
               const JournalEntry* own_entry) const;
  MetKey KeyOf(const record::MappedRecordView& record) const {
    return {sequence(), record.header.round, plan_.plan->dataset_part()};
  }

  Sink& sink_;
  const LoadPlan plan_;
  Matcher matcher_;
  RowWriter writer_;
  ReferenceResolver references_;
  // The record's values: by field, and everything with a name, custom ones as tokens.
  FieldViews fields_;
  std::vector<FieldWrite> given_;
  // Writes of nothing: what the record's blank cells clear in a row it is the first to meet.
  std::vector<FieldWrite> cleared_;
  std::vector<FieldWrite> writes_;
  CustomFields custom_;
  bool custom_readable_ = true;
  std::vector<CustomToken> tokens_;
  FieldViews before_;
  FieldViews after_;
  // Of rows that the import had changed before this round: those of a stretch of source rows.
  std::vector<ChangedBySource> changed_by_;
  uint64_t changed_by_from_ = 0;
  uint64_t changed_by_to_ = 0;
  uint32_t changed_by_round_ = 0;
  // The row of the sink that the last record came to.
  RowId last_row_ = 0;
  std::vector<NotedKey> noted_;
  std::vector<std::string_view> noted_values_;
  std::vector<RowId> noted_ids_;
};

}  // namespace sluice::load
