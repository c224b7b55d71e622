// Purging the journal of an import that is past in PostgresSink: of all datasets there are, also
// such as no plan names any more. Nobody else works on what goes: its import has ended.
#include <fmt/format.h>

#include "common/base/status.h"
#include "load/created_block.h"
#include "load/postgres_sink.h"
#include "load/row_id.h"

namespace sluice::load {
namespace {

using database::PostgresParameters;

absl::StatusOr<size_t> Delete(database::PostgresConnection& connection, const std::string& sql,
                              uint64_t import_sequence, size_t count) {
  SLUICE_ASSIGN_OR_RETURN(const auto gone,
                          connection.Query(sql, PostgresParameters()
                                                    .Int(static_cast<int64_t>(import_sequence))
                                                    .Int(static_cast<int64_t>(count))));
  return static_cast<size_t>(gone.Int(0, 0));
}

}  // namespace

absl::StatusOr<size_t> PostgresSink::PurgeImport(uint64_t import_sequence, size_t count) {
  // Blocks first: without an entry in the journal the one in the block counts again. Those in the
  // journal that replace one in a block go with it.
  SLUICE_ASSIGN_OR_RETURN(
      const size_t blocks,
      Delete(*connection_,
             fmt::format(
                 "WITH picked AS MATERIALIZED (SELECT d.id AS dataset, b.id, b.last FROM "
                 "sluice.dataset d CROSS JOIN LATERAL (SELECT c.id, c.last FROM sluice.created c "
                 "WHERE c.dataset = d.id AND c.id >= $1::bigint << {0} AND c.id < ($1::bigint + 1) "
                 "<< {0} ORDER BY c.dataset, c.id LIMIT $2) b LIMIT $2), "
                 "replaced AS (DELETE FROM sluice.journal j USING (SELECT e.place FROM picked p "
                 "CROSS JOIN LATERAL (SELECT o.ctid AS place FROM sluice.journal o WHERE o.dataset "
                 "= p.dataset AND o.row_id BETWEEN p.id AND p.last AND o.number = 1 AND o.kind = 0 "
                 "AND o.import_sequence = $1 OFFSET 0) e OFFSET 0) r WHERE j.ctid = r.place), "
                 "gone AS (DELETE FROM sluice.created c USING picked p WHERE c.dataset = p.dataset "
                 "AND c.id = p.id RETURNING 1) SELECT count(*) FROM gone",
                 kSequenceBits),
             import_sequence, count / kPurgedBlockCost + 1));
  if (blocks > 0) return blocks * kPurgedBlockCost;
  for (const char* which : {"o.kind <> 0", "o.kind = 0 AND o.import_sequence <> o.row_id >> 32"}) {
    SLUICE_ASSIGN_OR_RETURN(
        const size_t entries,
        Delete(*connection_,
               fmt::format("WITH gone AS (DELETE FROM sluice.journal j USING (SELECT e.place FROM "
                           "sluice.dataset d CROSS JOIN LATERAL (SELECT o.ctid AS place FROM "
                           "sluice.journal o WHERE o.dataset = d.id AND o.import_sequence = $1 AND "
                           "{} LIMIT $2) e LIMIT $2) r WHERE j.ctid = r.place RETURNING 1) SELECT "
                           "count(*) FROM gone",
                           which),
               import_sequence, count));
    if (entries > 0) return entries;
  }
  SLUICE_ASSIGN_OR_RETURN(
      const size_t chunks,
      Delete(*connection_,
             "WITH gone AS (DELETE FROM sluice.undo u USING (SELECT number, chunk FROM sluice.undo "
             "WHERE import_sequence = $1 ORDER BY number, chunk LIMIT $2) k WHERE "
             "u.import_sequence = $1 AND u.number = k.number AND u.chunk = k.chunk RETURNING 1) "
             "SELECT count(*) FROM gone",
             import_sequence, kPurgedChunks));
  return chunks * (count / kPurgedChunks + 1);
}

}  // namespace sluice::load
