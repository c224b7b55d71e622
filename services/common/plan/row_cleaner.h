// A row of the source to normal forms, column by column.
#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "common/plan/compiled_plan.h"
#include "common/record/clean_record.h"
#include "common/record/raw_record.h"

namespace sluice::plan {

// Thread-compatible. Results are valid until the next row.
class RowCleaner {
 public:
  // Cleans only the columns in `only` when it is given; the others come out blank.
  explicit RowCleaner(std::shared_ptr<const CompiledPlan> plan,
                      const std::vector<bool>* only = nullptr);

  // `texts` are the cells as read and must outlive the results. cells gets one a column, and one
  // for each cell beyond the columns unless unmapped columns are ignored.
  void Clean(std::span<const std::string_view> texts, std::vector<record::CleanCell>& cells,
             std::vector<Issue>& issues);

  // Of a plan that clears: cells that are blank for another reason than that nothing was typed.
  void Withhold(std::span<const record::RawCell> raw, std::vector<record::CleanCell>& cells) const;

  // What the cells say of themselves, beside their values: errors, numbers that lost digits. Views
  // into the cells.
  void AddCellIssues(std::span<const record::RawCell> cells, std::vector<Issue>& issues) const;

 private:
  void CleanExtra(std::span<const std::string_view> texts, std::vector<record::CleanCell>& cells,
                  std::vector<Issue>& issues);

  const std::shared_ptr<const CompiledPlan> plan_;
  const bool partial_;
  // One a column; null = ignored.
  std::vector<std::unique_ptr<CellNormalizer>> columns_;
  // For cells beyond the columns, made when first met.
  std::vector<std::unique_ptr<CellNormalizer>> extra_;
};

}  // namespace sluice::plan
