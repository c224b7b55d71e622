// Control's database: imports, plans, counts, results, history and leases. SQLite and PostgreSQL
// implement it; tests/contract/control_store_contract.h holds them to this text. Several controls
// may use one database.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/hash.h"
#include "control/import_record.h"
#include "sluice/control/v1/ingest_lease_service.pb.h"
#include "sluice/control/v1/profile_service.pb.h"

namespace sluice::control {

// What an installation keeps for good.
struct Installation {
  base::HashKey hash_key{};
  // Id of the log this database belongs to; empty before the first start.
  std::string log_id;
};

struct SinkRecord {
  std::string name;
  // Without a password: it is stored and shown.
  std::string url;
};

// A message for sluice.imports.v1 that is not there yet.
struct OutboxMessage {
  int64_t id = 0;
  std::string key;
  std::string value;
};

// Results of one partition, read from one offset up to the other.
struct PartitionResults {
  uint32_t partition = 0;
  uint64_t from_offset = 0;
  uint64_t next_offset = 0;
  std::vector<recordpb::StageResult> results;
};

// What a batch of results led to.
struct AppliedResults {
  // Imports whose counts changed, by the names of their leases, with the rows of the round that now
  // have an outcome.
  std::vector<std::pair<std::string, int64_t>> progressed;
  // Imports that ended with it.
  std::vector<std::string> ended;
};

// An import that is to be created. The plan gets the import's id, revision 1 and the sequence.
struct NewImport {
  std::string id;
  std::string path;
  std::string plan_hash;
  planpb::Plan plan;
  // No lower sequence is drawn: a preview's rows must not pass for those of an import.
  uint64_t sequence_min = 1;
};

struct CreatedImport {
  ImportRecord import;
  // It was there already and is gone on with.
  bool resumed = false;
};

// Looks at the imports that have not ended (newest first, without counts) before one is created:
// the id of the one to go on with, nothing to create it, or why it is refused.
using Admission =
    std::function<absl::StatusOr<std::optional<std::string>>(const std::vector<ImportRecord>&)>;

// Which imports are meant.
struct ImportQuery {
  // Those that have not ended.
  bool running = false;
  // Those with a lower sequence; 0 = from the newest.
  uint64_t before = 0;
  // 0 = all.
  int64_t limit = 0;
};

using ImportVisitor = std::function<absl::Status(const ImportRecord&)>;

// Rows and issues as they are stored. Numbers ascend.
struct StoredResult {
  int64_t number = 0;
  recordpb::StageResult result;
};

// Whose turn it is to publish the outbox.
enum class OutboxTurn {
  // Somebody else's.
  kOther,
  // This publisher's from now on: before it publishes, it shuts out the one before.
  kTaken,
  // Still this publisher's.
  kKept,
};

// Thread-safe. Every method is one transaction; after Unavailable or Aborted it may be called
// again.
class ControlStore {
 public:
  virtual ~ControlStore() = default;

  virtual absl::StatusOr<Installation> GetInstallation() = 0;
  // Binds the database to a log: FailedPrecondition when it belongs to another.
  virtual absl::Status BindLog(std::string_view log_id) = 0;

  // Stores the sink under its name; a known name keeps its first URL.
  virtual absl::Status AddSink(const SinkRecord& sink) = 0;
  virtual absl::StatusOr<std::vector<SinkRecord>> ListSinks() = 0;

  // Draws a sequence, stores the import as running, and puts plan and state into the outbox, if it
  // is admitted. Nobody else creates one meanwhile.
  virtual absl::StatusOr<CreatedImport> CreateImport(const NewImport& wanted,
                                                     const Admission& admit) = 0;
  // NotFound says how to list what there is.
  virtual absl::StatusOr<ImportRecord> GetImport(std::string_view id) = 0;
  // Stores a new version of the profile, with its number and time. A number that was given is not
  // given again.
  virtual absl::StatusOr<controlpb::Profile> SaveProfile(const controlpb::Profile& profile) = 0;
  // All versions of one, ascending; for an empty name the newest of each, by name.
  virtual absl::StatusOr<std::vector<controlpb::Profile>> ReadProfiles(std::string_view name) = 0;
  virtual absl::Status DeleteProfile(std::string_view name) = 0;

  // Newest first. An installation has very many in time: whoever can, asks for a page, or for those
  // that have not ended.
  virtual absl::StatusOr<std::vector<ImportRecord>> ReadImports(const ImportQuery& query) = 0;
  absl::StatusOr<std::vector<ImportRecord>> ListImports() { return ReadImports({}); }
  absl::StatusOr<std::vector<ImportRecord>> ListRunning() { return ReadImports({.running = true}); }
  // All, newest first, page by page. A visitor may take its time: nothing is locked meanwhile.
  absl::Status VisitImports(const ImportVisitor& visit);
  // The id meant by a unique prefix or "last".
  virtual absl::StatusOr<std::string> ResolveId(std::string_view given) = 0;
  // The import in the state that follows, which the outbox tells when it is another. NotFound, or
  // FailedPrecondition as StateAfter says.
  virtual absl::StatusOr<ImportRecord> ChangeState(const std::string& id, Wish wish) = 0;
  // Begins a rollback, which the outbox tells; as it is when one runs, or nothing is left to roll
  // back. NotFound, or FailedPrecondition while the import runs.
  virtual absl::StatusOr<ImportRecord> BeginRollback(const std::string& id,
                                                     const UndoWish& wish) = 0;
  // Creates the import `new_id`, which writes again what rollbacks of `id` have taken back; the one
  // there is, when it still runs or has done so and nothing was taken back since. NotFound, or
  // FailedPrecondition when there is nothing, or a rollback runs.
  virtual absl::StatusOr<ImportRecord> BeginRedo(const std::string& id,
                                                 const std::string& new_id) = 0;
  // Begins the next round of an import, which is the `number`th. NotFound, or FailedPrecondition
  // when it has no end, was rolled back, or has had that round.
  virtual absl::StatusOr<ImportRecord> BeginRound(const std::string& id, uint32_t number,
                                                  const controlpb::ImportRound& round) = 0;
  // Imports whose journal was given up, so that they cannot be rolled back (journal_window.h).
  virtual absl::StatusOr<controlpb::JournalWindow> ReadWindow() = 0;
  virtual absl::StatusOr<bool> MoveWindow(const std::string& since) = 0;
  virtual absl::Status AddSeconds(std::string_view id, double seconds) = 0;

  virtual absl::StatusOr<uint64_t> ResultsOffset(uint32_t partition) = 0;
  // Applies results of several partitions and moves their offsets, all or nothing. Aborted when a
  // partition does not stand at `from_offset`: another control has applied what comes next. A
  // result that does not fit what is complete is an Internal error: a broken invariant.
  virtual absl::StatusOr<AppliedResults> ApplyResults(
      const std::vector<PartitionResults>& batches) = 0;

  // The oldest messages, in the order their keys must be published in.
  virtual absl::StatusOr<std::vector<OutboxMessage>> ReadOutbox() = 0;
  // These are in the log.
  virtual absl::Status DropOutbox(const std::vector<OutboxMessage>& published) = 0;
  // Takes or keeps the turn for as long as `lease` from now.
  virtual absl::StatusOr<OutboxTurn> TakeOutbox(std::string_view publisher,
                                                absl::Duration lease) = 0;

  // Prolongs what an instance of ingest holds, and gives it an import nobody reads if it wants one;
  // the answer lists all imports that have not ended, oldest first.
  virtual absl::StatusOr<controlpb::RenewLeasesResponse> RenewLeases(
      const controlpb::RenewLeasesRequest& request, absl::Duration lease) = 0;
  virtual absl::Status ReleaseLeases(const controlpb::ReleaseLeasesRequest& request) = 0;

  // Stored rows and issues of an import, in the order they came: up to `limit` behind `after`.
  virtual absl::StatusOr<std::vector<StoredResult>> ReadResults(std::string_view id, int64_t after,
                                                                int64_t limit) = 0;
  // All of them, page by page. A visitor may take its time: nothing is locked meanwhile.
  using ResultVisitor = std::function<absl::Status(const recordpb::StageResult&)>;
  absl::Status VisitResults(std::string_view id, const ResultVisitor& visit);
};

// What all stores say.
absl::Status CheckBinding(const Installation& installation, std::string_view log_id);
absl::Status NoSuchImport(std::string_view id);
// The only one of the ids that `given` may mean.
absl::StatusOr<std::string> OnlyId(const std::vector<std::string>& ids, std::string_view given);

}  // namespace sluice::control
