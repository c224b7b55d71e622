// Writes what is pushed into one open import.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/pipeline/stage_runner.h"
#include "ingest/lead.h"
#include "ingest/push_queue.h"
#include "ingest/record_sender.h"
#include "ingest/source_reader.h"

namespace sluice::ingest {

// Thread-compatible. What is passed by reference outlives it.
class PushWriter {
 public:
  static absl::StatusOr<std::unique_ptr<PushWriter>> Create(
      const ReaderOptions& options, stream::Log& log,
      std::shared_ptr<const plan::CompiledPlan> plan, PushQueue& queue, Lead& lead,
      pipeline::RunnerObserver* observer, const base::Clock& clock);
  ~PushWriter();

  // Writes what waits, as far as the lead lets it. After an error the batches it had taken were
  // told so, and the writer must be made anew.
  absl::StatusOr<ReadStep> Step();
  // The next step ends the import; what waits then is not written.
  void End(recordpb::EndReason reason) { end_ = reason; }
  const std::string& import_id() const { return sender_.import_id(); }

 private:
  using Tickets = std::vector<std::shared_ptr<PushTicket>>;

  PushWriter(const ReaderOptions& options, stream::Log& log,
             std::shared_ptr<const plan::CompiledPlan> plan, PushQueue& queue, Lead& lead,
             pipeline::RunnerObserver* observer, const base::Clock& clock);
  absl::Status Check(const ingestpb::PushBatch& batch) const;
  void Send(const ingestpb::PushBatch& batch, stream::Transaction& transaction);

  const ReaderOptions options_;
  PushQueue& queue_;
  const base::Clock& clock_;
  RecordSender sender_;
  std::map<std::string, size_t, std::less<>> column_of_;
  std::optional<recordpb::EndReason> end_;
  std::vector<std::string_view> cells_;
  std::vector<formats::CellForm> forms_;
  Tickets taken_;
};

}  // namespace sluice::ingest
