// Cleaned columns to the fields of the dataset, and the identity that follows from them.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/expression/expression.h"
#include "common/plan/compiled_plan.h"
#include "common/record/clean_record.h"
#include "common/record/mapped_record.h"

namespace sluice::plan {

// What a row becomes. Views are valid until the next row.
struct MappedRow {
  // Ascending by field; blank ones are absent.
  std::vector<record::FieldValue> fields;
  // Ascending by name.
  std::vector<record::CustomValue> custom;
  // What the row's blank cells clear.
  record::Cleared cleared;
  // Why the row is refused: a code, and the field; empty when it is not.
  std::string_view refusal;
  std::string_view refusal_field;
  // skip_when holds.
  bool skip = false;

  std::string_view Field(uint32_t field) const;
};

struct Identity {
  bool complete = false;
  base::Hash128 hash;
  uint32_t rule = 0;
};

// Thread-compatible.
class RowMapper {
 public:
  explicit RowMapper(std::shared_ptr<const CompiledPlan> plan);

  // `cells` are what RowCleaner gave and must outlive the row.
  void Map(std::span<const record::CleanCell> cells, MappedRow& row, std::vector<Issue>& issues);

  // The first rule whose fields are all present.
  Identity IdentityOf(const MappedRow& row);
  // Equal for rows whose mapped values are equal.
  base::Hash128 FingerprintOf(const MappedRow& row);

 private:
  struct Picked {
    std::string_view value;
    std::string_view unfit;
    // Blank, but not because nothing was typed.
    bool withheld = false;
  };

  Picked Pick(const std::vector<TargetSource>& sources, std::span<const record::CleanCell> cells,
              std::string_view field, MappedRow& row, std::vector<Issue>& issues);
  // The value of a source that combines columns; empty = blank.
  std::string_view Combine(const TargetSource& source, std::span<const record::CleanCell> cells,
                           std::string_view field, std::vector<Issue>& issues);
  std::string_view Evaluate(const TargetSource& source, std::span<const record::CleanCell> cells,
                            std::string_view field, std::vector<Issue>& issues);
  // Whether a column of the source is blank for another reason than that nothing was typed.
  static bool Withheld(const TargetSource& source, std::span<const record::CleanCell> cells);
  // A place for a text that lives as long as the row.
  std::string& Kept();
  Picked Translate(const TargetSource& source, std::string_view value, std::string_view field,
                   MappedRow& row, std::vector<Issue>& issues);
  void AddExtraCells(std::span<const record::CleanCell> cells, MappedRow& row);
  void CheckRow(MappedRow& row) const;

  const std::shared_ptr<const CompiledPlan> plan_;
  // By the source of a field that has a value map; sources live as long as the plan.
  std::map<const TargetSource*, std::unique_ptr<CellNormalizer>> forms_;
  // "column_N" for cells beyond the columns; rows hold views of them while more are added.
  std::deque<std::string> extra_names_;
  std::map<const TargetSource*, std::unique_ptr<expression::Expression>> expressions_;
  std::vector<std::string_view> texts_;
  // Of the row; the first kept_ are in use.
  std::deque<std::string> kept_texts_;
  size_t kept_ = 0;
  std::string hash_input_;
};

}  // namespace sluice::plan
