// What a loader owes the quarantine topic. A row may go there only once the sink has committed that
// it ended so: it waits in the sink's outbox, with the results of its batch. These may be published
// twice, for control knows them by their position; a reader of the topic does not, so that what the
// group has consumed, which moves in the transaction of the rows, tells which are there already.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/pipeline/quarantine_topic.h"
#include "common/stream/log.h"
#include "load/sink.h"

namespace sluice::load {

// Thread-compatible. The log outlives it.
class QuarantinedRows {
 public:
  using Row = pipeline::recordpb::QuarantinedRow;
  // Rows of the sink's open transaction, with their partitions.
  using Kept = std::vector<std::pair<uint32_t, Row>>;

  // No options: nothing is ever sent.
  QuarantinedRows(const std::optional<pipeline::QuarantineOptions>& options, stream::Log& log,
                  stream::TopicId in);

  // Keeps the record if the newest of the results says that it ended as rejected or review;
  // `before` is how many there were before it was loaded.
  void Note(const stream::Record& record, uint32_t round,
            const pipeline::recordpb::StageResult& results, int before);
  // Forgets what was noted.
  void Forget() { noted_.clear(); }
  // Puts what was noted into the sink's outbox, in its open transaction and where `at` says, and
  // adds it to `kept`.
  absl::Status Keep(Sink& sink, const PendingResult& at, Kept& kept);
  // Sends what was kept, in the transaction that says that the group has consumed the records.
  void Send(const Kept& kept, stream::Transaction& transaction) const;
  // Of what stands in the outbox: true if it is such a row; sends it unless it was sent before.
  absl::StatusOr<bool> SendPending(const PendingResult& pending, stream::Transaction& transaction);

 private:
  std::optional<pipeline::QuarantineTopic> topic_;
  stream::Log& log_;
  const stream::TopicId in_;
  std::vector<Row> noted_;
};

}  // namespace sluice::load
