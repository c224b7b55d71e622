#include "load/import_loaders.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "common/base/status.h"

namespace sluice::load {
namespace {

std::string DefinitionOf(const SinkDataset& dataset) {
  return dataset.dataset.SerializeAsString();
}

void AddMissingRules(const std::vector<KeyRule>& wanted, std::vector<KeyRule>& rules) {
  for (const KeyRule& rule : wanted) {
    const bool known = std::any_of(rules.begin(), rules.end(), [&](const KeyRule& other) {
      return other.fields == rule.fields;
    });
    if (!known) rules.push_back(rule);
  }
}

// What is to be prepared so that both can work.
SinkDataset Together(const SinkDataset& prepared, const SinkDataset& wanted) {
  if (DefinitionOf(prepared) != DefinitionOf(wanted)) return wanted;
  SinkDataset both = prepared;
  AddMissingRules(wanted.rules, both.rules);
  return both;
}

bool Same(const SinkDataset& one, const SinkDataset& other) {
  return one.rules.size() == other.rules.size() && DefinitionOf(one) == DefinitionOf(other);
}

}  // namespace

absl::StatusOr<ImportLoader*> ImportLoaders::Find(const record::RecordHeader& header) {
  const Key key(header.import_id, header.revision, header.part);
  const auto found = loaders_.find(key);
  if (found != loaders_.end()) return found->second.get();
  SLUICE_ASSIGN_OR_RETURN(auto compiled,
                          catalog_.Find(header.import_id, header.revision, header.part));
  if (compiled == nullptr) return nullptr;
  auto loader = std::make_unique<ImportLoader>(sink_, std::move(compiled));
  return loaders_.emplace(key, std::move(loader)).first->second.get();
}

const ImportLoader* ImportLoaders::FindWhole(std::string_view import_id) const {
  for (const auto& [key, loader] : loaders_) {
    if (std::get<0>(key) == import_id && std::get<2>(key) == 0) return loader.get();
  }
  return nullptr;
}

void ImportLoaders::Trim() {
  constexpr size_t kLoadersMax = 16;
  if (loaders_.size() > kLoadersMax) loaders_.clear();
}

absl::Status ImportLoaders::Announce() {
  for (const auto& [key, loader] : loaders_) SLUICE_RETURN_IF_ERROR(loader->Announce());
  return absl::OkStatus();
}

std::string ImportLoaders::DefinitionsOf(const ImportLoader& loader) {
  std::string definitions;
  for (const SinkDataset& dataset : loader.Datasets()) definitions += DefinitionOf(dataset);
  return definitions;
}

bool ImportLoaders::IsPrepared(const ImportLoader& loader) const {
  const std::vector<SinkDataset> datasets = loader.Datasets();
  return std::all_of(datasets.begin(), datasets.end(), [&](const SinkDataset& wanted) {
    const auto prepared = prepared_.find(wanted.dataset.name());
    return prepared != prepared_.end() &&
           Same(prepared->second, Together(prepared->second, wanted));
  });
}

absl::Status ImportLoaders::Prepare(const ImportLoader& loader) {
  for (const SinkDataset& wanted : loader.Datasets()) {
    SinkDataset& prepared = prepared_[wanted.dataset.name()];
    SinkDataset both = Together(prepared, wanted);
    if (Same(prepared, both)) continue;
    // Nothing is prepared when it fails.
    prepared = {};
    SLUICE_RETURN_IF_ERROR(sink_.Prepare(both));
    prepared = std::move(both);
  }
  return absl::OkStatus();
}

}  // namespace sluice::load
