// Datasets: target schemas as YAML data.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "sluice/plan/v1/plan.pb.h"

namespace sluice::plan {

namespace planpb = ::sluice::plan::v1;

// Reads a dataset file. `origin` is what messages call it.
absl::StatusOr<planpb::Dataset> ParseDataset(std::string_view yaml, std::string_view origin);

// A dataset by name: <directory>/<name>.yaml when there is one, else a built-in one. NotFound names
// the ones there are, the user's own too.
absl::StatusOr<planpb::Dataset> FindDataset(std::string_view name, const std::string& directory);

// The datasets its fields refer to, each once; itself too when it is one of them.
absl::StatusOr<std::vector<planpb::Dataset>> FindReferences(const planpb::Dataset& dataset,
                                                            const std::string& directory);

// Index of the field, or nothing.
std::optional<uint32_t> FieldIndex(const planpb::Dataset& dataset, std::string_view name);

std::vector<std::string> FieldNames(const planpb::Dataset& dataset);

// Name of a type as it stands in dataset files; and back.
std::string_view TypeName(planpb::FieldType type);
std::optional<planpb::FieldType> TypeByName(std::string_view name);

}  // namespace sluice::plan
