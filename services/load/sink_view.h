// What load reads of a place where customers are kept: rows by key and by id. A sink is one that
// can be written too; a preview reads one that it must not touch (overlay_sink.h).
// tests/contract/sink_view_contract.h holds the views of SQLite and PostgreSQL to this text.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "load/row_id.h"
#include "sluice/plan/v1/plan.pb.h"

namespace sluice::load {

namespace planpb = ::sluice::plan::v1;

// Fields that together make a key, in ascending order of strength position in the plan.
struct KeyRule {
  std::vector<uint32_t> fields;
};

// A dataset as a sink keeps it, with the keys that must be findable.
struct SinkDataset {
  planpb::Dataset dataset;
  std::vector<KeyRule> rules;
};

// A row as it stands in the sink.
struct SinkRow {
  RowId id = 0;
  // By field of the dataset; nothing = NULL.
  std::vector<std::optional<std::string>> fields;
  // JSON text of the custom column, or empty.
  std::string custom;
};

// A row that may match, with the key that led to it. Candidates may be wrong: the caller compares.
struct KeyProbe {
  uint32_t rule = 0;
  // Values of the rule's fields, in order.
  std::span<const std::string_view> values;
};

// What records of one identity are, whatever they match: an answer that is remembered.
struct Decision {
  // record.v1.Answer.
  uint32_t answer = 0;
  // With ANSWER_ROW.
  RowId row = 0;
};

// Thread-compatible.
class SinkView {
 public:
  virtual ~SinkView() = default;

  // File, or database and host; for messages.
  virtual std::string_view name() const = 0;

  // To be called for a dataset before its rows are asked for, and again when there are rules that
  // were not prepared. Whoever asks may have fewer of them, in another order.
  // A sink makes table, columns and indexes that are missing; a view takes what is missing for
  // empty. FailedPrecondition when the table there cannot hold the dataset.
  virtual absl::Status Prepare(const SinkDataset& dataset) = 0;

  // Whether Expect does anything: collecting what a batch will ask for costs time too.
  virtual bool ExpectsBatches() const { return false; }
  // Announces the keys a batch will ask for, and ids: of rows it will read or, to a sink, those its
  // new rows would get. So a place that is far away can fetch all at once. May do nothing.
  virtual absl::Status Expect(const SinkDataset& dataset, std::span<const KeyProbe> probes,
                              std::span<const RowId> ids) = 0;
  // Ids of the rows that may hold the key, ascending, with the open transaction's own writes. May
  // hold rows that do not (the caller compares), never lacks one that does.
  virtual absl::Status FindCandidates(const SinkDataset& dataset, const KeyProbe& probe,
                                      std::vector<RowId>& candidates) = 0;
  // Nothing when there is no such row.
  virtual absl::StatusOr<std::optional<SinkRow>> ReadRow(const SinkDataset& dataset, RowId id) = 0;
  // `identity`: as whoever wrote the decision named it.
  virtual absl::StatusOr<std::optional<Decision>> ReadDecision(const SinkDataset& dataset,
                                                               std::string_view identity) = 0;
};

}  // namespace sluice::load
