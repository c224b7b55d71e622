// An SQLite sink as it stood when it was opened, for a preview: reads its tables and its match
// index, makes and changes nothing, and holds nobody up.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/base/hash.h"
#include "common/database/sqlite.h"
#include "load/match_index.h"
#include "load/sink_view.h"
#include "load/sqlite_table.h"

namespace sluice::load {

// Thread-compatible.
class SqliteView : public SinkView {
 public:
  // A file that is not there is a sink without rows. Of the options, path and VFS count.
  static absl::StatusOr<std::unique_ptr<SqliteView>> Open(const database::SqliteOptions& options);

  std::string_view name() const override { return options_.path; }
  absl::Status Prepare(const SinkDataset& dataset) override;
  absl::Status Expect(const SinkDataset&, std::span<const KeyProbe>,
                      std::span<const RowId>) override {
    return absl::OkStatus();
  }
  absl::Status FindCandidates(const SinkDataset& dataset, const KeyProbe& probe,
                              std::vector<RowId>& candidates) override;
  absl::StatusOr<std::optional<SinkRow>> ReadRow(const SinkDataset& dataset, RowId id) override;
  absl::StatusOr<std::optional<Decision>> ReadDecision(const SinkDataset& dataset,
                                                       std::string_view identity) override;

 private:
  struct Table {
    SqliteTable columns;
    // Null when the sink has no such table.
    std::unique_ptr<MatchIndex> index;
    database::SqliteStatement select_row;
  };

  explicit SqliteView(const database::SqliteOptions& options) : options_(options) {}
  // Begins the transaction that keeps the moment.
  absl::Status OpenSnapshot();
  absl::StatusOr<bool> HasTable(std::string_view name);
  // The rules that the sink's index does not hold; with none of its entries when it cannot be
  // relied on.
  absl::StatusOr<std::vector<KeyRule>> LoadIndex(const SinkDataset& dataset, Table& table);
  // Adds rows to the index in memory: all, or those that others have changed.
  absl::Status IndexRows(const SinkDataset& dataset, const std::vector<KeyRule>& rules,
                         bool touched_only, Table& table);
  std::string Columns(const planpb::Dataset& dataset, const Table& table) const;

  database::SqliteOptions options_;
  // Null when there is no file.
  std::unique_ptr<database::SqliteConnection> connection_;
  base::HashKey key_{};
  std::map<std::string, Table, std::less<>> tables_;
  std::string hash_buffer_;
};

}  // namespace sluice::load
