#include "ingest/push_writer.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/base/hash.h"
#include "common/base/status.h"
#include "common/base/suggestion.h"
#include "common/formats/row_reader.h"

namespace sluice::ingest {

absl::StatusOr<std::unique_ptr<PushWriter>> PushWriter::Create(
    const ReaderOptions& options, stream::Log& log, std::shared_ptr<const plan::CompiledPlan> plan,
    PushQueue& queue, Lead& lead, pipeline::RunnerObserver* observer, const base::Clock& clock) {
  std::unique_ptr<PushWriter> writer(
      new PushWriter(options, log, std::move(plan), queue, lead, observer, clock));
  SLUICE_RETURN_IF_ERROR(writer->sender_.ReadPosition());
  return writer;
}

PushWriter::PushWriter(const ReaderOptions& options, stream::Log& log,
                       std::shared_ptr<const plan::CompiledPlan> plan, PushQueue& queue, Lead& lead,
                       pipeline::RunnerObserver* observer, const base::Clock& clock)
    : options_(options),
      queue_(queue),
      clock_(clock),
      sender_(options.topics, log, std::move(plan), lead, observer, clock) {
  const auto& columns = sender_.plan().plan().source().columns();
  for (int i = 0; i < columns.size(); ++i) column_of_.emplace(columns[i], i);
}

PushWriter::~PushWriter() {
  queue_.Finish(taken_, absl::UnavailableError("the records may not be written: send them again"));
}

absl::Status PushWriter::Check(const ingestpb::PushBatch& batch) const {
  for (const ingestpb::PushRecord& record : batch.records()) {
    for (const auto& [name, value] : record.values()) {
      if (column_of_.find(name) != column_of_.end()) continue;
      std::vector<std::string> names;
      for (const auto& [known, index] : column_of_) names.push_back(known);
      return absl::InvalidArgumentError(
          fmt::format("the target has no column '{}'{}: name it in columns, or map it", name,
                      base::DidYouMean(name, names)));
    }
  }
  return absl::OkStatus();
}

void PushWriter::Send(const ingestpb::PushBatch& batch, stream::Transaction& transaction) {
  const plan::CompiledPlan& plan = sender_.plan();
  SourceRecord out;
  out.taken_at_seconds = static_cast<uint64_t>(absl::ToUnixSeconds(clock_.Now()));
  for (int i = 0; i < batch.records_size(); ++i) {
    cells_.assign(column_of_.size(), {});
    forms_.assign(column_of_.size(), {.type = formats::kAbsentCell});
    uint64_t bytes = 0;
    for (const auto& [name, value] : batch.records(i).values()) {
      const size_t column = column_of_.find(name)->second;
      cells_[column] = value;
      forms_[column].type = 0;
      bytes += value.size();
    }
    const base::Hash128 request =
        base::KeyedHash(plan.key(), fmt::format("{}/{}", batch.request_id(), i));
    out.row = sender_.position().ordinal() + 1;
    out.request = request.view();
    out.cells = cells_;
    out.forms = forms_;
    out.problem = {};
    if (bytes > plan.plan().row_bytes_max()) {
      out.cells = {};
      out.forms = {};
      out.problem = formats::kRowTooLarge;
    }
    sender_.Send(out, transaction);
  }
}

absl::StatusOr<ReadStep> PushWriter::Step() {
  storage::v1::IngestPosition& position = sender_.position();
  if (position.ended()) return ReadStep::kEnded;
  if (!end_.has_value()) {
    const uint64_t allowed = std::min(sender_.Allowance(), options_.records_max);
    if (allowed == 0) return ReadStep::kThrottled;
    taken_ = queue_.Take(allowed);
    std::erase_if(taken_, [&](const std::shared_ptr<PushTicket>& ticket) {
      const absl::Status fits = Check(ticket->batch);
      if (!fits.ok()) queue_.Finish({ticket}, fits);
      return !fits.ok();
    });
    if (taken_.empty()) return ReadStep::kThrottled;
  }
  const auto transaction = sender_.Begin();
  for (const auto& ticket : taken_) Send(ticket->batch, *transaction);
  const absl::Status committed = sender_.Commit(*transaction, end_);
  if (!committed.ok()) return committed;
  queue_.Finish(taken_, absl::OkStatus());
  taken_.clear();
  return ReadStep::kProgress;
}

}  // namespace sluice::ingest
