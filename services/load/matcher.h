// Which row of the sink a record is: the identity rules in order, against the sink's current
// columns (design section 6). Never a guess.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/plan/compiled_plan.h"
#include "common/record/mapped_record.h"
#include "load/sink.h"

namespace sluice::load {

// A plan as the loader uses it. rules = identity rules, then the required fields as a key of their
// own, then each unique field alone.
struct LoadPlan {
  explicit LoadPlan(std::shared_ptr<const plan::CompiledPlan> compiled);

  std::shared_ptr<const plan::CompiledPlan> plan;
  SinkDataset dataset;
  size_t identity_rules = 0;
  // Index of the required-fields key; equal to rules.size() when the dataset requires nothing.
  size_t required_rule = 0;
  size_t first_unique_rule = 0;
  // Fields the mapping can fill.
  std::vector<uint32_t> mapped_fields;
  // By name in the journal: fields that are not simply overwritten.
  std::map<std::string, planpb::WritePolicy, std::less<>> write;
};

// Values by field of the dataset; empty = blank.
using FieldViews = std::vector<std::string_view>;

struct MatchResult {
  enum class Kind { kNone, kOne, kAmbiguous };
  Kind kind = Kind::kNone;
  // With kOne: the row, and the rule that found it.
  SinkRow row;
  size_t rule = 0;
  // With kAmbiguous.
  std::vector<RowId> candidates;
};

// A row that has a key; 0 = none. `field`: by its index, the first of the key's.
struct KeyHolder {
  RowId row = 0;
  uint32_t field = 0;
};

// Thread-compatible. Sink and plan outlive it.
class Matcher {
 public:
  Matcher(Sink& sink, const LoadPlan& plan) : sink_(sink), plan_(plan) {}

  // `own_only`: only rows that this import created may match.
  absl::StatusOr<MatchResult> Match(const FieldViews& fields, bool own_only);

  // A row other than `self` that holds a key of `after` which the row did not have in `before`, or
  // from which a field that was cleared told it apart, and that no stronger field tells apart.
  // `before` is empty for a new row, of which only unique fields are asked.
  // `own_only`: as in Match; unique fields are asked of all rows.
  absl::StatusOr<KeyHolder> FindKeyHolder(RowId self, const FieldViews& before,
                                          const FieldViews& after, bool own_only);

 private:
  bool Complete(size_t rule, const FieldViews& fields);
  // The rows that hold the key, read and compared; those a stronger field excludes are left out.
  absl::Status Holders(size_t rule, const FieldViews& fields, std::vector<SinkRow>& rows);
  bool Excluded(size_t rule, const FieldViews& fields, const SinkRow& row) const;
  // A field of a stronger rule has been cleared.
  bool LostField(size_t rule, const FieldViews& before, const FieldViews& after) const;
  // This import created the row.
  absl::StatusOr<bool> IsOwn(RowId id);
  // Leaves only rows that this import created.
  absl::Status KeepOwn(std::vector<SinkRow>& rows);
  bool AllMappedEqual(const FieldViews& fields, const SinkRow& row) const;

  Sink& sink_;
  const LoadPlan& plan_;
  std::vector<std::string_view> values_;
  std::vector<RowId> ids_;
  std::vector<SinkRow> rows_;
};

}  // namespace sluice::load
