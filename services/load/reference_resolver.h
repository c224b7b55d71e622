// What a record refers to in other datasets, found in the sink: texts become ids of rows
// (docs/references.md). In the transaction of the record that refers, and by the sink's own keys:
// so one row is created for all that ask for it, whichever loader comes first.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/pipeline/result_builder.h"
#include "common/plan/cell_normalizer.h"
#include "common/plan/compiled_plan.h"
#include "common/record/mapped_record.h"
#include "load/sink.h"

namespace sluice::load {

// Thread-compatible. The sink outlives it.
class ReferenceResolver {
 public:
  ReferenceResolver(Sink& sink, std::shared_ptr<const plan::CompiledPlan> plan);

  bool empty() const { return fields_.empty(); }
  // The datasets referred to, with the keys that are looked for.
  std::vector<SinkDataset> Targets() const;

  // Notes what the record will ask for; Announce tells the sink all that was noted.
  void Note(const record::MappedRecordView& record);
  absl::Status Announce();

  // The record with ids for texts; valid until the next call. What could not be resolved is blank,
  // an issue, and kept in custom._unfit. A row that is to be created has its id already, but is not
  // there before Create.
  absl::StatusOr<const record::MappedRecordView*> Resolve(const record::MappedRecordView& record,
                                                          pipeline::ResultBuilder& result);
  // The record resolved last refers, by this field, to a row that is still to be created.
  bool IsPending(uint32_t field) const;
  // What the record says; of a pending field.
  std::string_view TextOf(uint32_t field) const;
  // Creates that row. Returns its id as text: another one than before when somebody else's row has
  // taken that.
  absl::StatusOr<std::string_view> Create(uint32_t field, pipeline::ResultBuilder& result);

 private:
  // A field of the dataset meant, as a key.
  struct Key {
    uint32_t field = 0;
    uint32_t rule = 0;
    std::unique_ptr<plan::CellNormalizer> form;
  };
  struct Field {
    const plan::ReferenceField* reference = nullptr;
    // Of the field, and "_unfit." with it.
    std::string name;
    std::string unfit_name;
    SinkDataset target;
    std::vector<Key> keys;
    // Of the record resolved last.
    std::string text;
    std::string id;
    bool pending = false;
  };
  struct Noted {
    size_t field = 0;
    uint32_t rule = 0;
    size_t value = 0;
  };

  static SinkDataset TargetOf(const planpb::Dataset& dataset, const std::vector<uint32_t>& match);
  // The value in a key's normal form; empty when it cannot be one.
  std::string_view FormOf(const Key& key, std::string_view text);
  // Rows that hold the text, by the first key that any row holds it by.
  absl::Status Look(Field& field, std::string_view text);
  absl::Status ResolveField(size_t index, std::string_view text, pipeline::ResultBuilder& result);
  bool CanCreate(Field& field);
  static planpb::FieldType TypeOf(const Field& field, const Key& key);
  // Values of the row that the text creates, by field.
  std::vector<std::string> StubOf(const Field& field);
  void Keep(const Field& field);

  Sink& sink_;
  const std::shared_ptr<const plan::CompiledPlan> plan_;
  std::vector<Field> fields_;
  record::MappedRecordView resolved_;
  std::vector<RowId> ids_;
  std::vector<RowId> found_;
  std::vector<plan::Issue> issues_;
  std::deque<std::string> noted_values_;
  std::vector<Noted> noted_;
  // Ids that stubs of noted records would get, by field.
  std::vector<std::vector<RowId>> noted_ids_;
};

}  // namespace sluice::load
