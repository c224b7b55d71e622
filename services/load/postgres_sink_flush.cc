// What PostgresSink writes at its commit.
#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "absl/container/flat_hash_set.h"
#include "common/base/status.h"
#include "load/created_block.h"
#include "load/journal_field.h"
#include "load/match_key.h"
#include "load/postgres_schema.h"
#include "load/postgres_sink.h"
#include "sluice/storage/v1/storage.pb.h"

namespace sluice::load {
namespace {

namespace storagepb = ::sluice::storage::v1;

using database::PostgresArray;
using database::PostgresCopy;
using database::PostgresParameters;

absl::Status Overtaken(const std::string& what) {
  return absl::AbortedError(
      fmt::format("{} changed while a batch was worked on: the batch is tried again", what));
}

MetKey MetKeyOf(uint64_t import_sequence, int64_t stored) {
  return {import_sequence, static_cast<uint32_t>(stored), static_cast<uint32_t>(stored >> 32)};
}

}  // namespace

absl::Status PostgresSink::Flush() {
  for (const auto& [name, table] : tables_) SLUICE_RETURN_IF_ERROR(FlushChanged(*table));
  for (const auto& [name, table] : tables_) {
    SLUICE_RETURN_IF_ERROR(FlushRemoved(*table));
    SLUICE_RETURN_IF_ERROR(FlushCreated(*table));
    SLUICE_RETURN_IF_ERROR(FlushBlocks(*table));
    SLUICE_RETURN_IF_ERROR(FlushEntries(*table));
  }
  for (auto& [key, met] : met_) {
    SLUICE_RETURN_IF_ERROR(FlushMet(MetKeyOf(key.first, key.second), met));
  }
  SLUICE_RETURN_IF_ERROR(CheckKeys());
  for (const auto& [name, table] : tables_) SLUICE_RETURN_IF_ERROR(CheckReferrers(*table));
  return absl::OkStatus();
}

absl::Status PostgresSink::FlushChanged(Table& table) {
  PostgresBatch& batch = table.batch;
  std::vector<RowId> old = batch.changed;
  for (const RowId id : batch.removed) {
    if (batch.rows[id].exists) old.push_back(id);
  }
  if (old.empty()) return absl::OkStatus();
  std::sort(old.begin(), old.end());
  PostgresArray old_ids = PostgresArray::OfInts();
  PostgresArray versions = PostgresArray::OfInts();
  for (const RowId id : old) {
    old_ids.Add(id);
    versions.Add(int64_t{batch.rows[id].version});
  }
  SLUICE_ASSIGN_OR_RETURN(
      const auto locked,
      connection_->Query(
          table.dataset->LockRowsSql(),
          PostgresParameters().Array(std::move(old_ids)).Array(std::move(versions))));
  if (static_cast<size_t>(locked.size()) != old.size()) {
    return Overtaken("rows of " + table.dataset->dataset().name());
  }
  if (batch.changed.empty()) return absl::OkStatus();
  std::sort(batch.changed.begin(), batch.changed.end());
  PostgresArray ids = PostgresArray::OfInts();
  for (const RowId id : batch.changed) ids.Add(id);
  const auto columns = static_cast<size_t>(table.dataset->dataset().fields_size()) + 1;
  std::vector<PostgresArray> values(columns, PostgresArray::OfTexts());
  for (const RowId id : batch.changed) {
    std::string_view packed = batch.rows[id].values;
    for (PostgresArray& column : values) {
      const auto value = UnpackValue(packed);
      if (value.has_value()) {
        column.Add(*value);
      } else {
        column.AddNull();
      }
    }
  }
  PostgresParameters parameters;
  parameters.Array(std::move(ids));
  for (PostgresArray& column : values) parameters.Array(std::move(column));
  return connection_->Query(table.dataset->UpdateRowsSql(), parameters).status();
}

absl::Status PostgresSink::FlushCreated(Table& table) {
  PostgresBatch& batch = table.batch;
  if (batch.created.empty()) return absl::OkStatus();
  std::sort(batch.created.begin(), batch.created.end());
  const int columns = table.dataset->dataset().fields_size() + 1;
  std::string lines;
  for (const RowId id : batch.created) {
    lines += fmt::format_int(id).c_str();
    std::string_view packed = batch.rows[id].values;
    for (int i = 0; i < columns; ++i) {
      lines.push_back('\t');
      AppendCopyText(UnpackValue(packed), lines);
    }
    lines.push_back('\n');
  }
  const absl::Status copied = connection_->Copy(table.dataset->CopyRowsSql(), lines);
  if (!absl::IsAlreadyExists(copied)) return copied;
  const std::string_view message = base::Message(copied);
  if (message.find("_pkey") != std::string_view::npos) {
    return Overtaken("ids of " + table.dataset->dataset().name());
  }
  return absl::FailedPreconditionError(
      fmt::format("{}: a unique index that Sluice does not know refuses a row; make the field "
                  "unique in the dataset, or drop the index",
                  message));
}

absl::Status PostgresSink::FlushBlocks(Table& table) {
  PostgresBatch& batch = table.batch;
  PostgresCopy copy;
  std::string block;
  std::string scratch;
  size_t entries = 0;
  RowId first = 0;
  RowId last = 0;
  bool any = false;
  const auto end_block = [&] {
    if (entries == 0) return;
    constexpr int kColumns = 4;
    copy.Row(kColumns);
    copy.Int(table.dataset->id());
    copy.Int(first);
    copy.Int(last);
    copy.Bytes(block);
    block.clear();
    entries = 0;
    any = true;
  };
  for (const RowId id : batch.created) {
    const BatchRow& row = batch.rows[id];
    if (row.entry.empty()) continue;
    if (entries == kCreatedBlockEntries || CreatedBucketOf(id) != CreatedBucketOf(first)) {
      end_block();
    }
    if (entries == 0) first = id;
    AppendCreated(static_cast<uint64_t>(id - first), row.source_row, row.entry, scratch, block);
    last = id;
    ++entries;
  }
  end_block();
  if (!any) return absl::OkStatus();
  return connection_->Copy(
      "COPY sluice.created(dataset, id, last, entries) FROM STDIN (FORMAT binary)", copy.Finish());
}

absl::Status PostgresSink::FlushEntries(Table& table) {
  PostgresArray removed_rows = PostgresArray::OfInts();
  PostgresArray removed_numbers = PostgresArray::OfInts();
  std::vector<PostgresArray> columns(5, PostgresArray::OfInts());
  PostgresArray changes = PostgresArray::OfBlobs();
  std::vector<RowId> ids;
  for (const auto& [id, entries] : table.batch.entries) ids.push_back(id);
  std::sort(ids.begin(), ids.end());
  for (const RowId id : ids) {
    for (const auto& [number, entry] : table.batch.entries[id]) {
      if (!entry.has_value()) {
        removed_rows.Add(id);
        removed_numbers.Add(int64_t{number});
        continue;
      }
      SLUICE_ASSIGN_OR_RETURN(const std::string bytes, EncodeChanges(*entry));
      columns[0].Add(id);
      columns[1].Add(int64_t{number});
      columns[2].Add(static_cast<int64_t>(entry->import_sequence));
      columns[3].Add(static_cast<int64_t>(entry->kind));
      columns[4].Add(static_cast<int64_t>(entry->source_row));
      changes.Add(bytes);
    }
  }
  if (removed_rows.size() > 0) {
    SLUICE_RETURN_IF_ERROR(
        connection_
            ->Query("DELETE FROM sluice.journal j USING (SELECT r.place FROM unnest($2::bigint[], "
                    "$3::bigint[]) k(row_id, number) CROSS JOIN LATERAL (SELECT o.ctid AS place "
                    "FROM sluice.journal o WHERE o.dataset = $1 AND o.row_id = k.row_id AND "
                    "o.number = k.number OFFSET 0) r OFFSET 0) d WHERE j.ctid = d.place",
                    PostgresParameters()
                        .Int(table.dataset->id())
                        .Array(std::move(removed_rows))
                        .Array(std::move(removed_numbers)))
            .status());
  }
  if (changes.size() == 0) return absl::OkStatus();
  PostgresParameters parameters;
  parameters.Int(table.dataset->id());
  for (PostgresArray& column : columns) parameters.Array(std::move(column));
  parameters.Array(std::move(changes));
  return connection_
      ->Query(
          "INSERT INTO sluice.journal(dataset, row_id, number, import_sequence, kind, "
          "source_row, changes) SELECT $1, k.* FROM unnest($2::bigint[], $3::bigint[], "
          "$4::bigint[], $5::bigint[], $6::bigint[], $7::bytea[]) k ON CONFLICT(dataset, "
          "row_id, number) DO UPDATE SET import_sequence = excluded.import_sequence, kind = "
          "excluded.kind, source_row = excluded.source_row, changes = excluded.changes",
          parameters)
      .status();
}

absl::Status PostgresSink::FlushMet(const MetKey& key, BatchMetRows& met) {
  PostgresArray new_ids = PostgresArray::OfInts();
  PostgresArray new_met = PostgresArray::OfBlobs();
  PostgresArray ids = PostgresArray::OfInts();
  PostgresArray versions = PostgresArray::OfInts();
  PostgresArray changed = PostgresArray::OfBlobs();
  std::vector<RowId> written;
  for (const auto& [id, kept] : met.rows) {
    if (kept.written) written.push_back(id);
  }
  std::sort(written.begin(), written.end());
  for (const RowId id : written) {
    const BatchMet& kept = met.rows[id];
    storagepb::MetRow stored;
    stored.set_row(kept.met->row);
    stored.set_ordinal(kept.met->ordinal);
    stored.set_outcome(kept.met->outcome);
    for (const auto& [name, value] : kept.met->given) {
      SLUICE_ASSIGN_OR_RETURN(const uint32_t number, FieldNumber(name));
      storagepb::GivenField& given = *stored.add_given();
      given.set_field(number);
      given.set_value(value);
    }
    const std::string bytes = stored.SerializeAsString();
    if (kept.version.has_value()) {
      ids.Add(id);
      versions.Add(int64_t{*kept.version});
      changed.Add(bytes);
    } else {
      new_ids.Add(id);
      new_met.Add(bytes);
    }
  }
  const auto write = [&](std::string_view sql, size_t count, PostgresParameters& parameters) {
    if (count == 0) return absl::OkStatus();
    const auto result = connection_->Query(sql, parameters);
    if (!result.ok()) return result.status();
    return static_cast<size_t>(result->affected()) == count ? absl::OkStatus()
                                                            : Overtaken("met rows");
  };
  const auto sequence = static_cast<int64_t>(key.import_sequence);
  const size_t new_count = new_ids.size();
  PostgresParameters inserted;
  inserted.Int(sequence).Int(key.stored()).Array(std::move(new_ids)).Array(std::move(new_met));
  SLUICE_RETURN_IF_ERROR(
      write("INSERT INTO sluice.met(import_sequence, round, row_id, met) SELECT $1, $2, k.* FROM "
            "unnest($3::bigint[], $4::bytea[]) k ON CONFLICT DO NOTHING",
            new_count, inserted));
  const size_t count = ids.size();
  PostgresParameters updated;
  updated.Int(sequence).Int(key.stored()).Array(std::move(ids)).Array(std::move(versions));
  updated.Array(std::move(changed));
  SLUICE_RETURN_IF_ERROR(write(
      "UPDATE sluice.met m SET met = u.met FROM (SELECT r.place, k.met FROM unnest($3::bigint[], "
      "$4::bigint[], $5::bytea[]) k(row_id, version, met) CROSS JOIN LATERAL (SELECT o.ctid AS "
      "place FROM sluice.met o WHERE o.import_sequence = $1 AND o.round = $2 AND o.row_id = "
      "k.row_id AND o.xmin::text::bigint = k.version OFFSET 0) r OFFSET 0) u WHERE m.ctid = "
      "u.place",
      count, updated));
  if (!met.dropped) return absl::OkStatus();
  return connection_
      ->Query("DELETE FROM sluice.met WHERE import_sequence = $1 AND round = $2",
              PostgresParameters().Int(sequence).Int(key.stored()))
      .status();
}

absl::Status PostgresSink::CheckKeys() {
  const bool brings = std::any_of(tables_.begin(), tables_.end(), [](const auto& table) {
    return !table.second->batch.brought.empty();
  });
  if (!brings || !options_.check_keys) return absl::OkStatus();
  // Who comes here waits for nothing else afterwards, so nobody waits in a circle.
  SLUICE_RETURN_IF_ERROR(connection_
                             ->Query(fmt::format("SELECT pg_advisory_xact_lock({}, {})",
                                                 kPostgresLockSpace, kPostgresCommitLock))
                             .status());
  SLUICE_ASSIGN_OR_RETURN(
      const auto news,
      connection_->Query("SELECT version, dataset, rules, hashes FROM sluice.announced WHERE "
                         "version > $1 ORDER BY version",
                         PostgresParameters().Int(seen_version_)));
  int64_t version = seen_version_;
  for (int i = 0; i < news.size(); ++i) {
    // Purged before we could look.
    if (news.Int(i, 0) != ++version) return Overtaken("keys");
    for (const auto& [name, table] : tables_) {
      if (table->dataset->id() != news.Int(i, 1) || table->batch.brought.empty()) continue;
      const std::string rules = fmt::format("\n{}", news.Text(i, 2));
      for (const KeyRule& rule : table->dataset->known_rules()) {
        // Keys of a rule the other did not know were not announced.
        if (rules.find(fmt::format("\n{}\n", RuleName(table->dataset->dataset(), rule))) ==
            std::string::npos) {
          return Overtaken("rules of " + name);
        }
      }
      const std::string_view hashes = news.Text(i, 3);
      for (size_t at = 0; at + sizeof(uint64_t) <= hashes.size(); at += sizeof(uint64_t)) {
        uint64_t hash = 0;
        std::memcpy(&hash, hashes.data() + at, sizeof hash);
        if (table->batch.keys.contains(hash)) return Overtaken("keys of " + name);
      }
    }
  }
  seen_version_ = version;
  for (const auto& [name, table] : tables_) {
    if (!table->batch.brought.empty()) SLUICE_RETURN_IF_ERROR(Announce(*table));
  }
  // Whoever is further behind than this tries again.
  constexpr int64_t kVersionsKept = 64;
  return connection_
      ->Query("DELETE FROM sluice.announced WHERE version <= $1",
              PostgresParameters().Int(seen_version_ - kVersionsKept))
      .status();
}

absl::Status PostgresSink::Announce(Table& table) {
  std::string rules;
  for (const KeyRule& rule : table.dataset->known_rules()) {
    rules += RuleName(table.dataset->dataset(), rule) + "\n";
  }
  const std::vector<uint64_t>& brought = table.batch.brought;
  return connection_
      ->Query(
          "INSERT INTO sluice.announced(version, dataset, rules, hashes) VALUES($1, $2, $3, "
          "$4)",
          PostgresParameters()
              .Int(++seen_version_)
              .Int(table.dataset->id())
              .Text(rules)
              .Blob({reinterpret_cast<const char*>(brought.data()),
                     brought.size() * sizeof(uint64_t)}))
      .status();
}

}  // namespace sluice::load
