// Taking rows out of PostgresSink: whether somebody refers to them, and the removal itself.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <limits>

#include "common/base/status.h"
#include "load/created_block.h"
#include "load/postgres_sink.h"

namespace sluice::load {
namespace {

using database::PostgresArray;
using database::PostgresParameters;

PostgresArray ArrayOf(const std::vector<RowId>& ids) {
  PostgresArray array = PostgresArray::OfInts();
  for (const RowId id : ids) array.Add(id);
  return array;
}

absl::Status Overtaken(const std::string& what) {
  return absl::AbortedError(
      fmt::format("{} changed while a rollback was at work: its rows are tried again", what));
}

}  // namespace

absl::Status PostgresSink::AskReferred(Table& table, RowId wanted) {
  PostgresBatch& batch = table.batch;
  std::vector<RowId> asked;
  const auto ask = [&](RowId id) {
    if (batch.referred.try_emplace(id, false).second) asked.push_back(id);
  };
  ask(wanted);
  for (const RowId id : batch.read) ask(id);
  SLUICE_ASSIGN_OR_RETURN(const auto* referrers, table.dataset->Referrers());
  for (const PostgresReferrer& referrer : *referrers) {
    SLUICE_ASSIGN_OR_RETURN(
        const auto rows,
        connection_->Query(fmt::format("SELECT k.id FROM unnest($1::bigint[]) k(id) WHERE EXISTS "
                                       "(SELECT 1 FROM {} r WHERE r.{} = k.id{})",
                                       referrer.table, referrer.column, referrer.not_itself),
                           PostgresParameters().Array(ArrayOf(asked))));
    for (int i = 0; i < rows.size(); ++i) batch.referred[rows.Int(i, 0)] = true;
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> PostgresSink::StillRefers(const PostgresReferrer& referrer, RowId id) {
  const auto other = tables_.find(referrer.dataset);
  constexpr int kPage = 500;
  RowId after = std::numeric_limits<RowId>::min();
  while (true) {
    // What no dataset of ours knows of has not been changed here.
    const bool ours = !referrer.dataset.empty() && other != tables_.end();
    SLUICE_ASSIGN_OR_RETURN(
        const auto rows,
        connection_->Query(
            ours ? fmt::format("SELECT r.id FROM (SELECT $1::bigint AS id) k JOIN {} r ON r.{} = "
                               "k.id{} AND r.id > $2 ORDER BY r.id LIMIT {}",
                               referrer.table, referrer.column, referrer.not_itself, kPage)
                 : fmt::format("SELECT 0 FROM (SELECT $1::bigint AS id) k JOIN {} r ON r.{} = "
                               "k.id{} AND $2::bigint IS NOT NULL LIMIT 1",
                               referrer.table, referrer.column, referrer.not_itself),
            PostgresParameters().Int(id).Int(after)));
    if (rows.size() == 0) return false;
    if (!ours) return true;
    const PostgresBatch& batch = other->second->batch;
    const planpb::Dataset& dataset = other->second->dataset->dataset();
    for (int i = 0; i < rows.size(); ++i) {
      after = rows.Int(i, 0);
      const auto row = batch.rows.find(after);
      if (row == batch.rows.end() || (!row->second.changed && !row->second.removed)) return true;
      if (row->second.removed) continue;
      SinkRow now;
      UnpackRow(after, dataset.fields_size(), row->second.values, now);
      for (int f = 0; f < dataset.fields_size(); ++f) {
        if (dataset.fields(f).name() == referrer.field &&
            now.fields[static_cast<size_t>(f)] == std::to_string(id)) {
          return true;
        }
      }
    }
  }
}

absl::StatusOr<bool> PostgresSink::IsReferred(const SinkDataset& dataset, RowId id) {
  SLUICE_RETURN_IF_ERROR(EnsureConnected());
  Table& table = At(dataset);
  SLUICE_ASSIGN_OR_RETURN(const auto* referrers, table.dataset->Referrers());
  bool refers = false;
  if (!referrers->empty()) {
    if (!table.batch.referred.contains(id)) {
      SLUICE_RETURN_IF_ERROR(AskReferred(table, id));
    }
    if (table.batch.referred[id]) {
      for (const PostgresReferrer& referrer : *referrers) {
        if (refers) break;
        SLUICE_ASSIGN_OR_RETURN(refers, StillRefers(referrer, id));
      }
    }
  }
  if (!in_transaction_) Forget();
  return refers;
}

absl::Status PostgresSink::Touch(const SinkDataset& dataset, RowId id) {
  SLUICE_ASSIGN_OR_RETURN(const auto row, ReadRow(dataset, id));
  if (!row.has_value()) return absl::OkStatus();
  Table& table = At(dataset);
  BatchRow& kept = table.batch.rows[id];
  if (!kept.created && !kept.changed) {
    kept.changed = true;
    table.batch.changed.push_back(id);
  }
  return absl::OkStatus();
}

absl::Status PostgresSink::Remove(const SinkDataset& dataset, RowId id) {
  SLUICE_ASSIGN_OR_RETURN(const auto row, ReadRow(dataset, id));
  Table& table = At(dataset);
  BatchRow& kept = table.batch.rows[id];
  kept.removed = true;
  table.batch.removed.push_back(id);
  table.batch.entries.erase(id);
  if (kept.changed) std::erase(table.batch.changed, id);
  kept.changed = false;
  if (!row.has_value()) return absl::OkStatus();
  std::vector<std::string_view> fields;
  for (const auto& value : row->fields) {
    fields.push_back(value.has_value() ? std::string_view(*value) : std::string_view());
  }
  // Who has just found the row by one of its keys, and is to refer to it, must look again.
  for (const KeyRule& rule : table.dataset->known_rules()) {
    std::vector<std::string_view> values;
    for (const uint32_t field : rule.fields) {
      if (!fields[field].empty()) values.push_back(fields[field]);
    }
    if (values.size() != rule.fields.size()) continue;
    table.batch.brought.push_back(table.dataset->HashOf(rule, values));
  }
  return absl::OkStatus();
}

absl::Status PostgresSink::FlushRemoved(Table& table) {
  std::vector<RowId>& removed = table.batch.removed;
  if (removed.empty()) return absl::OkStatus();
  std::sort(removed.begin(), removed.end());
  SLUICE_RETURN_IF_ERROR(
      connection_
          ->Query(table.dataset->RemoveRowsSql(), PostgresParameters().Array(ArrayOf(removed)))
          .status());
  SLUICE_RETURN_IF_ERROR(
      connection_
          ->Query("DELETE FROM sluice.journal j USING (SELECT r.place FROM unnest($2::bigint[]) "
                  "k(row_id) CROSS JOIN LATERAL (SELECT o.ctid AS place FROM sluice.journal o "
                  "WHERE o.dataset = $1 AND o.row_id = k.row_id OFFSET 0) r OFFSET 0) d WHERE "
                  "j.ctid = d.place",
                  PostgresParameters().Int(table.dataset->id()).Array(ArrayOf(removed)))
          .status());
  return RewriteBlocks(table, removed);
}

absl::Status PostgresSink::RewriteBlocks(Table& table, const std::vector<RowId>& removed) {
  std::vector<RowId> buckets;
  for (const RowId id : removed) {
    if (buckets.empty() || buckets.back() != CreatedBucketOf(id)) {
      buckets.push_back(CreatedBucketOf(id));
    }
  }
  SLUICE_ASSIGN_OR_RETURN(
      const auto blocks,
      connection_->Query("SELECT c.id, c.entries FROM unnest($2::bigint[]) k(bucket) CROSS JOIN "
                         "LATERAL (SELECT o.id, o.entries FROM sluice.created o WHERE o.dataset = "
                         "$1 AND o.id >= k.bucket AND o.id < k.bucket + $3 FOR UPDATE) c",
                         PostgresParameters()
                             .Int(table.dataset->id())
                             .Array(ArrayOf(buckets))
                             .Int(kCreatedBucketIds)));
  std::vector<RowId> emptied;
  PostgresArray changed = PostgresArray::OfInts();
  PostgresArray contents = PostgresArray::OfBlobs();
  for (int i = 0; i < blocks.size(); ++i) {
    SLUICE_ASSIGN_OR_RETURN(const auto left,
                            BlockWithout(blocks.Int(i, 0), blocks.Text(i, 1), removed));
    if (!left.has_value()) continue;
    if (left->empty()) {
      emptied.push_back(blocks.Int(i, 0));
    } else {
      changed.Add(blocks.Int(i, 0));
      contents.Add(*left);
    }
  }
  if (!emptied.empty()) {
    SLUICE_RETURN_IF_ERROR(
        connection_
            ->Query("DELETE FROM sluice.created c USING unnest($2::bigint[]) k(id) WHERE c.dataset "
                    "= $1 AND c.id = k.id",
                    PostgresParameters().Int(table.dataset->id()).Array(ArrayOf(emptied)))
            .status());
  }
  if (changed.size() == 0) return absl::OkStatus();
  return connection_
      ->Query(
          "UPDATE sluice.created c SET entries = k.entries FROM unnest($2::bigint[], "
          "$3::bytea[]) k(id, entries) WHERE c.dataset = $1 AND c.id = k.id",
          PostgresParameters()
              .Int(table.dataset->id())
              .Array(std::move(changed))
              .Array(std::move(contents)))
      .status();
}

absl::Status PostgresSink::CheckReferrers(Table& table) {
  std::vector<RowId> removed;
  // Whoever refers to one that was gone before may go on so.
  std::copy_if(table.batch.removed.begin(), table.batch.removed.end(), std::back_inserter(removed),
               [&](RowId id) { return table.batch.rows[id].exists; });
  if (removed.empty()) return absl::OkStatus();
  SLUICE_ASSIGN_OR_RETURN(const auto* referrers, table.dataset->Referrers());
  for (const PostgresReferrer& referrer : *referrers) {
    SLUICE_ASSIGN_OR_RETURN(
        const auto rows,
        connection_->Query(fmt::format("SELECT 1 FROM unnest($1::bigint[]) k(id) WHERE EXISTS "
                                       "(SELECT 1 FROM {} r WHERE r.{} = k.id{}) LIMIT 1",
                                       referrer.table, referrer.column, referrer.not_itself),
                           PostgresParameters().Array(ArrayOf(removed))));
    if (rows.size() > 0) return Overtaken("what refers to " + table.dataset->dataset().name());
  }
  return absl::OkStatus();
}

}  // namespace sluice::load
