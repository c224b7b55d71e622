// From a file's shape, a dataset and what a person said, to a plan.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/formats/source_shape.h"
#include "common/plan/dataset.h"
#include "common/plan/mapping_file.h"

namespace sluice::plan {

// A source that has no end of its own; its columns stand in the shape.
struct StreamSource {
  // push or topic.
  std::string format;
  std::string topic;
  planpb::TopicValue value = planpb::TOPIC_VALUE_UNSPECIFIED;
  std::string descriptor_set;
  std::string message_type;
};

struct PlanRequest {
  planpb::Dataset dataset;
  // The datasets its fields refer to.
  std::vector<planpb::Dataset> references;
  formats::SourceShape shape;
  std::string upload_sha256;
  std::optional<MappingFile> mapping;
  // Flags win over the mapping.
  std::optional<planpb::OnDuplicate> on_duplicate;
  std::optional<planpb::InFile> in_file;
  // Its records are applied one by one, whatever in_file says.
  std::optional<StreamSource> stream;
  // Name of the sink, and what it is.
  std::string sink;
  uint32_t partitions = 4;
  // Sources up to this size go whole to one partition.
  uint64_t whole_bytes_max = 64u << 20;
  uint64_t row_bytes_max = 256u << 10;
};

// True for a plan whose source is a stream.
bool IsStream(const planpb::Plan& plan);

// The columns a stream has when nobody names any: those a mapping reads, else the dataset's fields.
std::vector<std::string> StreamColumns(const planpb::Dataset& dataset,
                                       const std::optional<MappingFile>& mapping);

// A plan without ids. InvalidArgument says what does not fit and where.
absl::StatusOr<planpb::Plan> BuildPlan(const PlanRequest& request);

// InvalidArgument when no message could hold the plan.
absl::Status CheckPlanSize(const planpb::Plan& plan);

// SHA-256 of what the plan will do, ids left out: equal for two runs of the same content.
std::string PlanHash(const planpb::Plan& plan);

// The shape ingest reads the source by, back from the plan.
absl::StatusOr<formats::SourceShape> ShapeOf(const planpb::Source& source);

}  // namespace sluice::plan
