// From a file's shape, a dataset and what a person said, to a plan.
#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "common/formats/source_shape.h"
#include "common/plan/dataset.h"
#include "common/plan/mapping_file.h"

namespace sluice::plan {

struct PlanRequest {
  planpb::Dataset dataset;
  formats::SourceShape shape;
  std::string upload_sha256;
  std::optional<MappingFile> mapping;
  // Flags win over the mapping.
  std::optional<planpb::OnDuplicate> on_duplicate;
  std::optional<planpb::InFile> in_file;
  // Name of the sink, and what it is.
  std::string sink;
  uint32_t partitions = 4;
  // Sources up to this size go whole to one partition.
  uint64_t whole_bytes_max = 64u << 20;
  uint64_t row_bytes_max = 256u << 10;
};

// A plan without ids. InvalidArgument says what does not fit and where.
absl::StatusOr<planpb::Plan> BuildPlan(const PlanRequest& request);

// SHA-256 of what the plan will do, ids left out: equal for two runs of the same content.
std::string PlanHash(const planpb::Plan& plan);

// The shape ingest reads the source by, back from the plan.
absl::StatusOr<formats::SourceShape> ShapeOf(const planpb::Source& source);

}  // namespace sluice::plan
