// Dataset files: whatever the text, a dataset that a plan can be built for or a message that says
// where.
#include <cstdint>
#include <string_view>

#include "common/base/check.h"
#include "common/base/status.h"
#include "common/plan/dataset.h"
#include "common/plan/plan_builder.h"

namespace sluice::plan {
namespace {

void Fuzz(std::string_view text) {
  auto dataset = ParseDataset(text, "fuzz.yaml");
  if (!dataset.ok()) {
    SLUICE_CHECK(absl::IsInvalidArgument(dataset.status()), "not a fault of the file");
    SLUICE_CHECK(base::Message(dataset.status()).starts_with("fuzz.yaml"), "does not say where");
    return;
  }
  SLUICE_CHECK(!dataset->name().empty(), "a dataset has a name");
  PlanRequest request;
  request.dataset = *std::move(dataset);
  request.shape.header_row = 1;
  for (const planpb::Field& field : request.dataset.fields()) {
    SLUICE_CHECK(FieldIndex(request.dataset, field.name()).has_value(), "a field is not found");
    request.shape.columns.push_back(field.name());
  }
  const auto plan = BuildPlan(request);
  SLUICE_CHECK(plan.ok() || absl::IsInvalidArgument(plan.status()), "not a fault of the file");
}

}  // namespace
}  // namespace sluice::plan

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  sluice::plan::Fuzz({reinterpret_cast<const char*>(data), size});
  return 0;
}
