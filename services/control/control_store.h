// Control's database: imports, plans, counts, results and history. SQLite implements it, PostgreSQL
// will.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/base/hash.h"
#include "control/import_record.h"

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

// Results of one partition, read up to next_offset.
struct PartitionResults {
  uint32_t partition = 0;
  uint64_t next_offset = 0;
  std::vector<recordpb::StageResult> results;
};

// What a batch of results led to.
struct AppliedResults {
  // Imports whose counts changed, with the rows that now have an outcome.
  std::vector<std::pair<std::string, int64_t>> progressed;
  // Imports that ended with it.
  std::vector<std::string> ended;
};

// Thread-safe. Every method is one transaction.
class ControlStore {
 public:
  virtual ~ControlStore() = default;

  virtual absl::StatusOr<Installation> GetInstallation() = 0;
  // Binds the database to a log: FailedPrecondition when it belongs to another.
  virtual absl::Status BindLog(std::string_view log_id) = 0;

  // Stores the sink under its name; a known name keeps its first URL.
  virtual absl::Status AddSink(const SinkRecord& sink) = 0;
  virtual absl::StatusOr<std::vector<SinkRecord>> ListSinks() = 0;

  // Draws a sequence, stores the import as running, and puts plan and state into the outbox. The
  // plan gets the import's id, revision 1 and the sequence.
  virtual absl::StatusOr<ImportRecord> CreateImport(const std::string& id, const std::string& path,
                                                    const std::string& plan_hash,
                                                    const planpb::Plan& plan) = 0;
  // NotFound says how to list what there is.
  virtual absl::StatusOr<ImportRecord> GetImport(std::string_view id) = 0;
  // Newest first.
  virtual absl::StatusOr<std::vector<ImportRecord>> ListImports() = 0;
  // The id meant by a unique prefix or "last".
  virtual absl::StatusOr<std::string> ResolveId(std::string_view given) = 0;
  virtual absl::Status AddSeconds(std::string_view id, double seconds) = 0;

  virtual absl::StatusOr<uint64_t> ResultsOffset(uint32_t partition) = 0;
  // Applies results of several partitions, all or nothing. A result that does not fit what is
  // complete is an Internal error: a broken invariant.
  virtual absl::StatusOr<AppliedResults> ApplyResults(
      const std::vector<PartitionResults>& batches) = 0;

  virtual absl::StatusOr<std::vector<OutboxMessage>> ReadOutbox() = 0;
  virtual absl::Status DropOutbox(int64_t up_to_id) = 0;

  // The stored rows and issues of an import, in the order they came.
  using ResultVisitor = std::function<absl::Status(const recordpb::StageResult&)>;
  virtual absl::Status VisitResults(std::string_view id, const ResultVisitor& visit) = 0;
};

}  // namespace sluice::control
