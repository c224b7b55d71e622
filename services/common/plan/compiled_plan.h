// A plan made ready to run: names resolved to indexes, values of the mapping checked. The one code
// that ingest (identity), clean (kinds, everything that could refuse a row) and map call.
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/hash.h"
#include "common/plan/cell_normalizer.h"
#include "common/plan/dataset.h"

namespace sluice::plan {

// Where one target gets its value from. Sources are tried in order until one is not blank.
struct TargetSource {
  std::vector<uint32_t> columns;
  // Normal form; used when no column has a value.
  std::string default_value;
  // Normal form of a constant; then there are no columns.
  std::string constant;
  // Normal forms on both sides.
  std::map<std::string, std::string, std::less<>> values;
  planpb::UnknownOption unknown = planpb::UNKNOWN_OPTION_UNSPECIFIED;
  bool keep_unfit = false;
  // What the columns come to together, instead of the first that is not blank.
  std::optional<std::string> join;
  std::optional<planpb::Part> part;
  // Empty = none; it sees all columns.
  std::string expression;
  bool combines() const { return join.has_value() || part.has_value() || !expression.empty(); }
  // With a value map, or where values are combined: what the value must fit.
  std::optional<CellSpec> form;
};

// What a target does to a row that is there already.
struct TargetPolicy {
  planpb::WritePolicy write = planpb::WRITE_POLICY_UNSPECIFIED;
  planpb::BlankPolicy blank = planpb::BLANK_POLICY_UNSPECIFIED;
};

struct FieldTarget {
  uint32_t field = 0;
  std::vector<TargetSource> sources;
  // "_unfit.<field>".
  std::string unfit_name;
  TargetPolicy policy;
};

struct CustomTarget {
  std::string name;
  std::vector<TargetSource> sources;
  TargetPolicy policy;
};

// A field that refers to rows of another dataset, or of its own.
struct ReferenceField {
  uint32_t field = 0;
  // Index into Plan.references.
  int target = 0;
  // Fields of the dataset meant, tried in order.
  std::vector<uint32_t> match;
  // A row that is not there is created; it gets the value in these fields.
  bool create = false;
  bool keep_unfit = false;
};

// Immutable, so thread-safe; cleaners and mappers made from it are not.
class CompiledPlan {
 public:
  // InvalidArgument when the plan contradicts itself (unknown field, bad constant, ...).
  static absl::StatusOr<std::shared_ptr<const CompiledPlan>> Compile(planpb::Plan plan,
                                                                     const base::HashKey& key);

  const planpb::Plan& plan() const { return plan_; }
  const base::HashKey& key() const { return key_; }
  // One a source column; a column that is ignored has no spec.
  const std::vector<std::optional<CellSpec>>& columns() const { return columns_; }
  // Ascending by field.
  const std::vector<FieldTarget>& fields() const { return fields_; }
  // Ascending by name.
  const std::vector<CustomTarget>& custom() const { return custom_; }
  // Identity rules as field indexes, strongest first.
  const std::vector<std::vector<uint32_t>>& identity() const { return identity_; }
  const std::vector<uint32_t>& skip_when_blank() const { return skip_when_blank_; }
  // Some target is cleared by a blank cell.
  bool clears() const { return clears_; }
  const std::vector<uint32_t>& required() const { return required_; }
  // Columns that feed a field of an identity rule.
  const std::vector<bool>& identity_columns() const { return identity_columns_; }
  // Mapped fields that refer to rows of a dataset the plan knows.
  const std::vector<ReferenceField>& references() const { return references_; }
  // Number of the part this is; 0 = the plan itself. `parts` belong to part 0.
  uint32_t part() const { return part_; }
  const std::vector<std::shared_ptr<const CompiledPlan>>& parts() const { return parts_; }
  // The first part with this dataset: customers of two sheets are told apart by nothing else.
  uint32_t dataset_part() const { return dataset_part_; }
  // Another part writes into the same dataset.
  bool shares_dataset() const { return shares_dataset_; }
  normalize::RepairSet disabled_repairs() const { return disabled_; }
  // What cell `index` of a row, beyond the columns, is called in `custom`: column_N (N from 1),
  // or column_N_2, _3 and so on where the file or the mapping has that name itself.
  std::string ExtraName(size_t index) const;
  // Of a record between two stages. A row may grow on its way: by the names of its columns, by
  // normal forms, by what frames each cell. One that grows beyond this is refused as row_too_large,
  // whatever the log: over Kafka it would be more than a message may be. A row's own limit is a
  // quarter of that (docs/configuration.md).
  size_t record_bytes_max() const {
    constexpr size_t kLeast = 768u << 10;
    return std::max<size_t>(kLeast, 3 * plan_.row_bytes_max());
  }

 private:
  explicit CompiledPlan(planpb::Plan plan, const base::HashKey& key)
      : plan_(std::move(plan)), key_(key) {}
  absl::Status Resolve();
  absl::Status ResolveColumn(const planpb::ColumnMapping& mapping);
  absl::Status ResolveIdentity();
  absl::Status ResolveReference(const planpb::ColumnMapping& mapping, uint32_t index);
  absl::Status CompileParts();
  // Of a column under its own name.
  CellSpec TextSpec(size_t column) const;
  absl::Status ResolveExpression(TargetSource& source);
  void ResolveUnmapped();
  // Of targets that do not say.
  void ResolvePolicies();
  // Columns that only an expression looks at.
  void ResolveSeen();
  CellSpec SpecFor(const planpb::ColumnMapping& mapping, const planpb::Field* field) const;
  absl::StatusOr<std::string> NormalForm(CellNormalizer& normalizer, std::string_view value) const;

  const planpb::Plan plan_;
  const base::HashKey key_;
  normalize::RepairSet disabled_;
  std::vector<std::optional<CellSpec>> columns_;
  std::vector<FieldTarget> fields_;
  std::vector<CustomTarget> custom_;
  std::vector<std::vector<uint32_t>> identity_;
  std::vector<uint32_t> skip_when_blank_;
  std::vector<uint32_t> required_;
  std::vector<bool> identity_columns_;
  bool clears_ = false;
  std::vector<ReferenceField> references_;
  uint32_t part_ = 0;
  uint32_t dataset_part_ = 0;
  bool shares_dataset_ = false;
  std::vector<std::shared_ptr<const CompiledPlan>> parts_;
};

// A part of a plan; null when it has none of that number.
std::shared_ptr<const CompiledPlan> PartOf(const std::shared_ptr<const CompiledPlan>& plan,
                                           uint32_t part);

inline constexpr std::string_view kCustomPrefix = "custom.";
inline constexpr std::string_view kUnfitPrefix = "_unfit.";

}  // namespace sluice::plan
