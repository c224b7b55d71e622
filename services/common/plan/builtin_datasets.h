// The datasets that come with Sluice: the files of services/common/plan/datasets.
#pragma once

#include <span>
#include <string_view>

namespace sluice::plan {

struct BuiltinDataset {
  std::string_view name;
  std::string_view yaml;
};

std::span<const BuiltinDataset> BuiltinDatasets();

}  // namespace sluice::plan
