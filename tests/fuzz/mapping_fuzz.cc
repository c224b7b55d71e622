// Mapping files: whatever the text, a plan that compiles or a message that says where; and a plan
// works on any row.
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/check.h"
#include "common/base/status.h"
#include "common/plan/compiled_plan.h"
#include "common/plan/mapping_file.h"
#include "common/plan/plan_builder.h"
#include "common/plan/plan_parts.h"
#include "common/plan/row_cleaner.h"
#include "common/plan/row_mapper.h"

namespace sluice::plan {
namespace {

constexpr std::array<std::string_view, 5> kCells = {"Yunshan", "138 0013 8000", "a@b.example", "A",
                                                    "2024/1/2"};

PlanRequest RequestFor(MappingFile mapping) {
  PlanRequest request;
  auto named = FindDataset(mapping.dataset.empty() ? "customers" : mapping.dataset, "");
  request.dataset = named.ok() ? *std::move(named) : FindDataset("customers", "").value();
  request.shape.columns = {"name", "phone", "email", "level", "since"};
  request.shape.header_row = 1;
  request.mapping = std::move(mapping);
  return request;
}

void MapRows(const planpb::Plan& plan) {
  auto compiled = CompiledPlan::Compile(plan, {});
  SLUICE_CHECK(compiled.ok(), "a plan that was built does not compile");
  RowCleaner cleaner(*compiled);
  RowMapper mapper(*compiled);
  MappedRow row;
  std::vector<record::CleanCell> cells;
  std::vector<Issue> issues;
  for (size_t count = 0; count <= kCells.size(); ++count) {
    issues.clear();
    cleaner.Clean({kCells.data(), count}, cells, issues);
    mapper.Map(cells, row, issues);
    const base::Hash128 fingerprint = mapper.FingerprintOf(row);
    mapper.Map(cells, row, issues);
    SLUICE_CHECK(mapper.FingerprintOf(row) == fingerprint, "the same row maps to another");
    mapper.IdentityOf(row);
  }
}

void Fuzz(std::string_view text) {
  auto mapping = ParseMapping(text, "fuzz.yaml");
  if (!mapping.ok()) {
    SLUICE_CHECK(absl::IsInvalidArgument(mapping.status()), "not a fault of the mapping");
    SLUICE_CHECK(base::Message(mapping.status()).starts_with("fuzz.yaml"), "does not say where");
    return;
  }
  if (mapping->sheets.empty()) mapping->sheets = std::vector<MappingFile>{*mapping};
  std::vector<planpb::Plan> plans;
  for (MappingFile& sheet : mapping->sheets) {
    auto plan = BuildPlan(RequestFor(std::move(sheet)));
    if (!plan.ok()) {
      SLUICE_CHECK(absl::IsInvalidArgument(plan.status()), "not a fault of the mapping");
      return;
    }
    SLUICE_CHECK(PlanHash(*plan) == PlanHash(*plan), "a plan has one hash");
    MapRows(*plan);
    plans.push_back(*std::move(plan));
  }
  const auto joined = JoinPlans(plans);
  SLUICE_CHECK(joined.ok() || absl::IsInvalidArgument(joined.status()), "not a fault of the file");
  SLUICE_CHECK(!joined.ok() || PartsOf(*joined).size() == plans.size(), "a sheet is lost");
}

}  // namespace
}  // namespace sluice::plan

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  sluice::plan::Fuzz({reinterpret_cast<const char*>(data), size});
  return 0;
}
