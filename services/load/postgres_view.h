// A PostgreSQL sink as it stood when it was opened, for a preview: one read-only transaction that
// sees one moment (REPEATABLE READ), locks nothing and makes nothing.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "common/base/hash.h"
#include "common/database/postgres.h"
#include "load/sink_view.h"

namespace sluice::load {

// Thread-compatible. Unavailable once the connection is lost: the moment is lost with it.
class PostgresView : public SinkView {
 public:
  static absl::StatusOr<std::unique_ptr<PostgresView>> Open(const std::string& connection);

  std::string_view name() const override { return connection_->name(); }
  absl::Status Prepare(const SinkDataset& dataset) override;
  bool ExpectsBatches() const override { return true; }
  // Forgets what was fetched before: memory is that of a batch.
  absl::Status Expect(const SinkDataset& dataset, std::span<const KeyProbe> probes,
                      std::span<const RowId> ids) override;
  absl::Status FindCandidates(const SinkDataset& dataset, const KeyProbe& probe,
                              std::vector<RowId>& candidates) override;
  absl::StatusOr<std::optional<SinkRow>> ReadRow(const SinkDataset& dataset, RowId id) override;
  absl::StatusOr<std::optional<Decision>> ReadDecision(const SinkDataset& dataset,
                                                       std::string_view identity) override;

 private:
  struct Table {
    bool exists = false;
    // By the rule's fields: who asks need not have its rules in the order of who prepared. None =
    // no row can hold it.
    std::map<std::vector<uint32_t>, std::string> lookups;
    std::string read_rows;
    // What was fetched: ids by the hash of their key, rows by id.
    absl::flat_hash_map<uint64_t, std::vector<RowId>> keys;
    absl::flat_hash_map<RowId, std::optional<SinkRow>> rows;
    std::vector<RowId> unread;
  };
  using Probes = std::vector<std::pair<uint64_t, const KeyProbe*>>;

  explicit PostgresView(std::unique_ptr<database::PostgresConnection> connection)
      : connection_(std::move(connection)) {}
  absl::Status Lookup(Table& table, const KeyRule& rule, const Probes& probes);
  absl::Status ReadRows(Table& table, int fields, RowId wanted);
  uint64_t HashOf(const SinkDataset& dataset, const KeyProbe& probe);

  const std::unique_ptr<database::PostgresConnection> connection_;
  // Only of what is fetched here: any key would do.
  const base::HashKey key_{};
  std::map<std::string, Table, std::less<>> tables_;
  std::string hash_buffer_;
};

}  // namespace sluice::load
