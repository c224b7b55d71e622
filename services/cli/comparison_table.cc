#include "cli/comparison_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>

#include "cli/preview_contents.h"
#include "common/base/status.h"
#include "common/plan/plan_parts.h"

namespace sluice::cli {
namespace {

namespace controlpb = control::controlpb;
namespace recordpb = control::recordpb;

constexpr const char* kTables =
    "CREATE TABLE fate(side INTEGER NOT NULL, ordinal INTEGER NOT NULL, source_row INTEGER NOT "
    "NULL, outcome INTEGER NOT NULL, dataset INTEGER, id INTEGER, code TEXT, field TEXT,"
    " PRIMARY KEY(side, ordinal)) WITHOUT ROWID;"
    "CREATE INDEX fate_by_row ON fate(side, dataset, id) WHERE id IS NOT NULL;"
    "CREATE TABLE change(side INTEGER NOT NULL, ordinal INTEGER NOT NULL, number INTEGER NOT NULL,"
    " dataset TEXT NOT NULL, change BLOB NOT NULL, PRIMARY KEY(side, ordinal, number))"
    " WITHOUT ROWID;";

// What a change says of the sink's row, whichever plan says it.
std::string EffectOf(const std::string& dataset, controlpb::RowChange change) {
  change.clear_source_row();
  change.clear_part();
  std::sort(change.mutable_fields()->begin(), change.mutable_fields()->end(),
            [](const auto& one, const auto& other) { return one.name() < other.name(); });
  return dataset + '\n' + change.SerializeAsString();
}

// A row as one side has it.
struct Fate {
  uint64_t row = 0;
  controlpb::RowFate fate;
  std::vector<std::string> effects;
};

bool SameFate(const Fate& one, const Fate& other) {
  return one.fate.outcome() == other.fate.outcome() && one.fate.code() == other.fate.code() &&
         one.fate.field() == other.fate.field() && one.effects == other.effects;
}

}  // namespace

// The rows of one table of one side, in the order of the source.
class ComparisonTable::Cursor {
 public:
  // `table` may be null: no rows.
  static absl::StatusOr<Cursor> Open(database::SqliteConnection& connection, ComparisonSide side,
                                     const Table* table) {
    Cursor cursor;
    if (table == nullptr) return cursor;
    SLUICE_ASSIGN_OR_RETURN(
        cursor.fates_,
        connection.Prepare("SELECT ordinal, source_row, outcome, code, field FROM fate"
                           " WHERE side = ? AND ordinal >= ? AND ordinal < ? ORDER BY ordinal"));
    SLUICE_ASSIGN_OR_RETURN(
        cursor.changes_,
        connection.Prepare("SELECT ordinal, dataset, change FROM change"
                           " WHERE side = ? AND ordinal >= ? AND ordinal < ? ORDER BY ordinal"));
    for (database::SqliteStatement* const statement : {&cursor.fates_, &cursor.changes_}) {
      statement->Bind(1, static_cast<int64_t>(side))
          .Bind(2, static_cast<int64_t>(table->first_ordinal))
          .Bind(3, static_cast<int64_t>(table->end_ordinal));
    }
    SLUICE_ASSIGN_OR_RETURN(cursor.more_changes_, cursor.changes_.Step());
    SLUICE_RETURN_IF_ERROR(cursor.Next());
    return cursor;
  }

  // The row it stands at; nothing behind the last.
  const std::optional<Fate>& row() const { return row_; }
  absl::Status Next() {
    row_.reset();
    SLUICE_ASSIGN_OR_RETURN(const bool more, fates_.Step());
    if (!more) return absl::OkStatus();
    const int64_t ordinal = fates_.Int(0);
    row_.emplace();
    row_->row = static_cast<uint64_t>(fates_.Int(1));
    row_->fate.set_outcome(static_cast<recordpb::Outcome>(fates_.Int(2)));
    row_->fate.set_code(std::string(fates_.Text(3)));
    row_->fate.set_field(std::string(fates_.Text(4)));
    while (more_changes_ && changes_.Int(0) == ordinal) {
      controlpb::RowChange& change = *row_->fate.add_changes();
      const std::string_view bytes = changes_.Blob(2);
      if (!change.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
        return absl::InternalError("a change in the comparison cannot be read");
      }
      row_->effects.push_back(EffectOf(std::string(changes_.Text(1)), change));
      SLUICE_ASSIGN_OR_RETURN(more_changes_, changes_.Step());
    }
    std::sort(row_->effects.begin(), row_->effects.end());
    return absl::OkStatus();
  }

 private:
  database::SqliteStatement fates_;
  database::SqliteStatement changes_;
  bool more_changes_ = false;
  std::optional<Fate> row_;
};

absl::StatusOr<std::unique_ptr<ComparisonTable>> ComparisonTable::Open(const std::string& path) {
  database::SqliteOptions options;
  options.path = path;
  options.scratch = true;
  options.cache_bytes = 16 << 20;
  SLUICE_ASSIGN_OR_RETURN(auto connection, database::SqliteConnection::Open(options));
  SLUICE_RETURN_IF_ERROR(connection->Execute(kTables));
  return std::unique_ptr<ComparisonTable>(new ComparisonTable(std::move(connection)));
}

absl::Status ComparisonTable::AddOutcomes(ComparisonSide side,
                                          std::span<const load::RecordOutcome> outcomes) {
  SLUICE_RETURN_IF_ERROR(connection_->Begin());
  SLUICE_ASSIGN_OR_RETURN(
      auto add, connection_->Prepare("INSERT OR REPLACE INTO fate(side, ordinal, source_row, "
                                     "outcome, dataset, id) VALUES(?, ?, ?, ?, ?, ?)"));
  for (const load::RecordOutcome& outcome : outcomes) {
    add.Bind(1, static_cast<int64_t>(side))
        .Bind(2, static_cast<int64_t>(outcome.ordinal))
        .Bind(3, static_cast<int64_t>(outcome.source_row))
        .Bind(4, static_cast<int64_t>(outcome.outcome))
        .Bind(5, static_cast<int64_t>(outcome.dataset_part));
    if (outcome.id == 0) {
      add.BindNull(6);
    } else {
      add.Bind(6, outcome.id);
    }
    SLUICE_RETURN_IF_ERROR(add.Run());
  }
  return connection_->Commit();
}

absl::Status ComparisonTable::Complete(ComparisonSide side, OverlayRun& run,
                                       const control::ImportRecord& import) {
  SLUICE_RETURN_IF_ERROR(connection_->Begin());
  // Rows that load has told of and that another row took the place of are among these.
  SLUICE_RETURN_IF_ERROR(AddResults(side, run, import.id));
  SLUICE_RETURN_IF_ERROR(AddChanges(side, run, import.plan));
  SLUICE_RETURN_IF_ERROR(connection_->Commit());
  const auto parts = plan::PartsOf(import.plan);
  uint64_t ordinal = 0;
  for (uint32_t part = 0; part < parts.size(); ++part) {
    Table table{parts[part]->source().member(), parts[part]->source().sheet(), ordinal, ordinal};
    for (const auto& [place, rows] : import.counts.by_part) {
      if (place.first == part) table.end_ordinal += static_cast<uint64_t>(rows);
    }
    ordinal = table.end_ordinal;
    tables(side).push_back(std::move(table));
  }
  return CheckCounts(side, import);
}

absl::Status ComparisonTable::AddResults(ComparisonSide side, OverlayRun& run,
                                         const std::string& id) {
  SLUICE_ASSIGN_OR_RETURN(
      auto add, connection_->Prepare("INSERT OR REPLACE INTO fate(side, ordinal, source_row, "
                                     "outcome, code, field) VALUES(?, ?, ?, ?, ?, ?)"));
  return run.store().VisitResults(id, [&](const recordpb::StageResult& result) {
    for (const recordpb::RowResult& row : result.rows()) {
      add.Bind(1, static_cast<int64_t>(side))
          .Bind(2, static_cast<int64_t>(row.ordinal()))
          .Bind(3, static_cast<int64_t>(row.row()))
          .Bind(4, static_cast<int64_t>(row.outcome()))
          .Bind(5, row.code())
          .Bind(6, row.field());
      SLUICE_RETURN_IF_ERROR(add.Run());
    }
    return absl::OkStatus();
  });
}

absl::Status ComparisonTable::AddChanges(ComparisonSide side, OverlayRun& run,
                                         const plan::planpb::Plan& plan) {
  SLUICE_ASSIGN_OR_RETURN(
      auto add, connection_->Prepare("INSERT INTO change(side, ordinal, number, dataset, change)"
                                     " VALUES(?, ?, ?, ?, ?)"));
  // Who has met the row last stands for it.
  SLUICE_ASSIGN_OR_RETURN(
      auto met, connection_->Prepare("SELECT ordinal FROM fate WHERE side = ? AND dataset = ?"
                                     " AND id = ? AND id IS NOT NULL"));
  const auto writer_of = [&](const controlpb::RowChange& change,
                             load::RowId id) -> absl::StatusOr<uint64_t> {
    met.Bind(1, static_cast<int64_t>(side)).Bind(2, static_cast<int64_t>(change.part()));
    met.Bind(3, id);
    SLUICE_ASSIGN_OR_RETURN(const bool found, met.Step());
    const uint64_t ordinal = found ? static_cast<uint64_t>(met.Int(0)) : load::OrdinalOf(id);
    met.Reset();
    // Only a row that a record creates tells by its id whose it is.
    if (found || change.id() == 0) return ordinal;
    return absl::InternalError("no record of the comparison has met a row that it changes");
  };
  const auto parts = plan::PartsOf(plan);
  int64_t number = 0;
  absl::Status failure;
  SLUICE_RETURN_IF_ERROR(
      VisitChanges(run.overlay(), plan, [&](const controlpb::RowChange& change, load::RowId id) {
        const auto ordinal = writer_of(change, id);
        failure = ordinal.status();
        if (!failure.ok()) return false;
        const std::string bytes = change.SerializeAsString();
        add.Bind(1, static_cast<int64_t>(side))
            .Bind(2, static_cast<int64_t>(*ordinal))
            .Bind(3, ++number)
            .Bind(4, parts[change.part()]->dataset().name())
            .BindBlob(5, bytes);
        failure = add.Run();
        return failure.ok();
      }));
  return failure;
}

absl::Status ComparisonTable::CheckCounts(ComparisonSide side,
                                          const control::ImportRecord& import) {
  SLUICE_ASSIGN_OR_RETURN(auto counts,
                          connection_->Prepare("SELECT outcome, count(*) FROM fate WHERE side = ?"
                                               " GROUP BY outcome"));
  counts.Bind(1, static_cast<int64_t>(side));
  std::map<recordpb::Outcome, int64_t> found;
  while (true) {
    SLUICE_ASSIGN_OR_RETURN(const bool more, counts.Step());
    if (!more) break;
    found[static_cast<recordpb::Outcome>(counts.Int(0))] = counts.Int(1);
  }
  std::map<recordpb::Outcome, int64_t> counted = import.counts.outcomes;
  std::erase_if(counted, [](const auto& count) { return count.second == 0; });
  if (found == counted) return absl::OkStatus();
  return absl::InternalError("the rows of the comparison do not add up to its counts");
}

std::vector<std::pair<const ComparisonTable::Table*, const ComparisonTable::Table*>>
ComparisonTable::PairedTables() const {
  const auto& [old_tables, new_tables] = tables_;
  const auto find = [](const std::vector<Table>& tables, const Table& table) -> const Table* {
    const auto found = std::find_if(tables.begin(), tables.end(), [&](const Table& other) {
      return other.member == table.member && other.sheet == table.sheet;
    });
    return found == tables.end() ? nullptr : &*found;
  };
  std::vector<std::pair<const Table*, const Table*>> pairs;
  for (const Table& table : new_tables) pairs.emplace_back(find(old_tables, table), &table);
  for (const Table& table : old_tables) {
    if (find(new_tables, table) == nullptr) pairs.emplace_back(&table, nullptr);
  }
  return pairs;
}

absl::Status ComparisonTable::Compare(const control::PreviewEvents& events,
                                      controlpb::Comparison& comparison) {
  std::map<std::pair<int, int>, controlpb::Transition> transitions;
  size_t bytes = 0;
  const Fate unread;
  for (const auto& [old_table, new_table] : PairedTables()) {
    SLUICE_ASSIGN_OR_RETURN(Cursor old_rows,
                            Cursor::Open(*connection_, ComparisonSide::kOld, old_table));
    SLUICE_ASSIGN_OR_RETURN(Cursor new_rows,
                            Cursor::Open(*connection_, ComparisonSide::kNew, new_table));
    while (old_rows.row().has_value() || new_rows.row().has_value()) {
      const auto& old_row = old_rows.row();
      const auto& new_row = new_rows.row();
      const bool has_old = old_row.has_value() && (!new_row || old_row->row <= new_row->row);
      const bool has_new = new_row.has_value() && (!old_row || new_row->row <= old_row->row);
      const Fate& before = has_old ? *old_row : unread;
      const Fate& after = has_new ? *new_row : unread;
      controlpb::Transition& transition =
          transitions[{before.fate.outcome(), after.fate.outcome()}];
      transition.set_old_outcome(before.fate.outcome());
      transition.set_new_outcome(after.fate.outcome());
      transition.set_rows(transition.rows() + 1);
      if (!SameFate(before, after)) {
        transition.set_differing(transition.differing() + 1);
        comparison.set_differing(comparison.differing() + 1);
        const bool shown = comparison.rows_size() < kShownRows && bytes < kShownBytes;
        if (shown || events.row) {
          controlpb::RowComparison row;
          row.set_sheet((has_new ? new_table : old_table)->sheet);
          row.set_row(has_new ? after.row : before.row);
          *row.mutable_old_fate() = before.fate;
          *row.mutable_new_fate() = after.fate;
          if (events.row) events.row(row);
          bytes += row.ByteSizeLong();
          if (shown) *comparison.add_rows() = std::move(row);
        }
      }
      if (has_old) SLUICE_RETURN_IF_ERROR(old_rows.Next());
      if (has_new) SLUICE_RETURN_IF_ERROR(new_rows.Next());
    }
  }
  for (auto& [pair, transition] : transitions) *comparison.add_transitions() = transition;
  return absl::OkStatus();
}

}  // namespace sluice::cli
