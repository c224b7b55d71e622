// The loaders of a runner, one a part of a plan, and what they have had prepared in the sink.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>

#include "common/plan/plan_catalog.h"
#include "common/record/record_header.h"
#include "load/import_loader.h"
#include "load/sink.h"

namespace sluice::load {

// Thread-compatible. Sink and catalog outlive it.
class ImportLoaders {
 public:
  ImportLoaders(Sink& sink, plan::PlanCatalog& catalog) : sink_(sink), catalog_(catalog) {}

  // Of the record's part of its plan; null while the plan is not known. Valid until Trim.
  absl::StatusOr<ImportLoader*> Find(const record::RecordHeader& header);
  // Of the plan itself, if there is one for any of its revisions.
  const ImportLoader* FindWhole(std::string_view import_id) const;
  // Forgets loaders when they are many.
  void Trim();
  // Tells the sink all that the loaders have noted.
  absl::Status Announce();

  // Definitions of all datasets it touches: loaders with the same ones can share a transaction.
  static std::string DefinitionsOf(const ImportLoader& loader);
  // The sink knows the loader's datasets with all their keys.
  bool IsPrepared(const ImportLoader& loader) const;
  // Outside a transaction. A dataset keeps the keys of all who had it prepared.
  absl::Status Prepare(const ImportLoader& loader);

 private:
  // By import, revision and part.
  using Key = std::tuple<std::string, uint32_t, uint32_t>;

  Sink& sink_;
  plan::PlanCatalog& catalog_;
  std::map<Key, std::unique_ptr<ImportLoader>> loaders_;
  // As prepared in the sink, by name.
  std::map<std::string, SinkDataset> prepared_;
};

}  // namespace sluice::load
