#include "control/resubmission.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "common/base/hash.h"
#include "common/base/status.h"
#include "common/pipeline/resubmitted.h"
#include "common/plan/plan_parts.h"
#include "common/record/record_file.h"
#include "control/former_cells.h"
#include "control/import_round.h"
#include "control/resubmission_file.h"

namespace sluice::control {
namespace {

constexpr size_t kWriteBytes = size_t{1} << 20;
constexpr uint64_t kUnknown = UINT64_MAX;
// Of rows that are held to be sorted.
constexpr size_t kUnsortedBytesMax = size_t{256} << 20;

// What is known of a row that comes again.
struct KnownRow {
  uint64_t ordinal = kUnknown;
  // Where it stands in the file, and of what it says there; answered or not.
  uint64_t line = 0;
  uint64_t digest = 0;
  // Unspecified: it was imported in round 0.
  recordpb::Outcome replaces = recordpb::OUTCOME_UNSPECIFIED;
  // Where it was imported in a later round, the row of the sink.
  int64_t imported_as = 0;
  recordpb::Answer answer = recordpb::ANSWER_UNSPECIFIED;
  // The row that the answer names, and whether it is one of the candidates.
  int64_t answer_row = 0;
  bool candidate = false;
  // It has been sent before, and its cells were last read in this round; 0 = in the source.
  bool came_again = false;
  uint32_t round = 0;
  // How many cells the file has of it, which of its columns they are, and what they say.
  size_t cells = 0;
  bool whole = false;
  const CellMask* mask = nullptr;
  uint64_t texts = 0;
  // What it had is known; the file says the same of it.
  bool compared = false;
  bool unchanged = false;
  // Cells beyond the columns, which the file does not have.
  std::vector<std::string> beyond;

  // Whatever its cells say: one in review is matched again.
  bool goes() const {
    return answer != recordpb::ANSWER_UNSPECIFIED || replaces == recordpb::OUTCOME_REVIEW;
  }
  // Nothing would come of it but what has come of it already.
  bool rests() const { return unchanged && !goes(); }
  // What it had must be looked up.
  bool is_asked() const { return !compared && (ordinal == kUnknown || !whole || !goes()); }
};

uint64_t DigestOf(const ResubmittedRow& row) {
  std::string said = fmt::format("{}/{}/", static_cast<int>(row.answer), row.row_id);
  for (const record::RawCell& cell : row.cells) {
    said += fmt::format("{}:{}/{}:", cell.type, cell.text.size(), cell.raw.size());
    said += cell.text;
    said += cell.raw;
  }
  // Only rows of one file are compared.
  return base::KeyedHash64(base::HashKey{}, said);
}

// Puts a round together. Of one call.
class Round {
 public:
  Round(ControlStore& store, uploads::UploadStore& uploads, const ResubmitRequest& request,
        const ImportRecord& import)
      : store_(store), uploads_(uploads), request_(request), import_(import) {}

  // Nothing when no row of the file has been mended or answered.
  absl::StatusOr<std::optional<controlpb::ImportRound>> Make() {
    SLUICE_RETURN_IF_ERROR(Collect());
    if (rows_.empty()) {
      return absl::InvalidArgumentError(fmt::format("{}: there are no rows in it", request_.path));
    }
    SLUICE_RETURN_IF_ERROR(FindOutcomes());
    SLUICE_RETURN_IF_ERROR(CheckAnswers());
    SLUICE_RETURN_IF_ERROR(Compare());
    SLUICE_RETURN_IF_ERROR(CheckKnown());
    const auto sent = std::count_if(rows_.begin(), rows_.end(),
                                    [](const auto& row) { return !row.second.rests(); });
    if (sent == 0) return std::nullopt;
    SLUICE_ASSIGN_OR_RETURN(const uploads::StoredUpload made, Write());
    controlpb::ImportRound round;
    round.set_sent_sha256(request_.sent.sha256);
    round.set_path(request_.path);
    round.set_upload_sha256(made.sha256);
    round.set_rows(static_cast<uint64_t>(sent));
    return round;
  }

 private:
  absl::Status Visit(const ResubmittedRowVisitor& visit) {
    return VisitResubmittedRows(uploads_, request_.sent.sha256, request_.path, import_.plan, visit);
  }

  absl::Status Refuse(uint64_t line, std::string_view why) const {
    return absl::InvalidArgumentError(fmt::format("{}, row {}: {}", request_.path, line, why));
  }

  absl::Status Collect() {
    return Visit([&](const ResubmittedRow& row) -> absl::Status {
      const auto [known, fresh] = rows_.try_emplace(row.place);
      KnownRow& kept = known->second;
      const uint64_t digest = DigestOf(row);
      if (!fresh && kept.digest != digest) {
        return Refuse(row.line,
                      fmt::format("row {} of the import stands here and in row {}, and not alike",
                                  row.place.row, kept.line));
      }
      if (!fresh) return absl::OkStatus();
      if (rows_.size() > kRoundRowsMax) {
        return absl::InvalidArgumentError(
            fmt::format("{}: more than {} rows at once: send them in several files", request_.path,
                        kRoundRowsMax));
      }
      kept.line = row.line;
      kept.digest = digest;
      kept.answer = row.answer;
      kept.answer_row = row.row_id;
      NoteCells(row, kept);
      sorted_ = sorted_ && last_ < row.place;
      last_ = row.place;
      return absl::OkStatus();
    });
  }

  void NoteCells(const ResubmittedRow& row, KnownRow& kept) {
    CellMask mask = MaskOf(row.cells);
    std::vector<std::string_view> texts;
    for (const record::RawCell& cell : row.cells) texts.push_back(cell.text);
    kept.cells = row.cells.size();
    kept.whole = row.whole;
    kept.texts = DigestUnder(mask, texts);
    kept.mask = &*masks_.insert(std::move(mask)).first;
  }

  // How they stand now: what was said last.
  absl::Status FindOutcomes() {
    return store_.VisitResults(import_.id, [&](const recordpb::StageResult& result) {
      if (result.has_undo()) return absl::OkStatus();
      for (const recordpb::RowResult& row : result.rows()) {
        const auto found = rows_.find({row.part(), row.row()});
        if (found == rows_.end()) continue;
        KnownRow& known = found->second;
        known.ordinal = row.ordinal();
        known.replaces = row.outcome();
        known.came_again = result.round() > 0;
        known.round = result.round();
        const bool imported = pipeline::IsApplied(row.outcome());
        known.imported_as = imported && !row.candidates().empty() ? row.candidates(0) : 0;
        known.candidate = std::find(row.candidates().begin(), row.candidates().end(),
                                    known.answer_row) != row.candidates().end();
      }
      // One that was refused stays as it was, and something is said of it.
      for (const recordpb::Issue& issue : result.issues()) {
        const auto found = rows_.find({issue.part(), issue.row()});
        if (found != rows_.end())
          found->second.round = std::max(found->second.round, result.round());
      }
      return absl::OkStatus();
    });
  }

  // With the cells that the rows had; of those that were imported, the source has the numbers too.
  absl::Status Compare() {
    auto left = std::count_if(rows_.begin(), rows_.end(),
                              [](const auto& row) { return row.second.is_asked(); });
    const auto compare = [&](uint32_t round) {
      return [this, round, &left](const FormerRow& former) {
        const auto found = rows_.find(former.place);
        if (found != rows_.end() && found->second.round == round && found->second.is_asked()) {
          CompareOne(former, found->second);
          --left;
        }
        return left > 0;
      };
    };
    for (uint32_t round = import_.round(); round > 0 && left > 0; --round) {
      SLUICE_RETURN_IF_ERROR(VisitRound(uploads_, import_, round, compare(round)));
    }
    return left == 0 ? absl::OkStatus() : VisitSource(uploads_, import_, compare(0));
  }

  void CompareOne(const FormerRow& former, KnownRow& row) {
    row.compared = true;
    row.ordinal = former.ordinal;
    std::span<const std::string_view> cells = former.cells;
    if (!row.whole && cells.size() > row.cells) {
      for (const std::string_view text : cells.subspan(row.cells)) row.beyond.emplace_back(text);
      cells = cells.first(row.cells);
    }
    row.unchanged = DigestUnder(*row.mask, cells) == row.texts;
  }

  absl::Status CheckKnown() const {
    // The first in the file.
    const KnownRow* first = nullptr;
    uint64_t number = 0;
    for (const auto& [place, row] : rows_) {
      if (row.ordinal != kUnknown || (first != nullptr && first->line < row.line)) continue;
      first = &row;
      number = place.row;
    }
    if (first == nullptr) return absl::OkStatus();
    return Refuse(first->line, plan::IsStream(import_.plan)
                                   ? "it was imported, and nothing is kept of what was pushed or "
                                     "read from a topic: it cannot be mended"
                                   : fmt::format("the import has no row {}", number));
  }

  absl::Status CheckAnswers() {
    for (auto& [place, row] : rows_) {
      if (row.answer == recordpb::ANSWER_UNSPECIFIED) continue;
      if (row.replaces != recordpb::OUTCOME_REVIEW) {
        if (!row.came_again) {
          return Refuse(row.line, fmt::format("row {} of the import is not in review: leave its "
                                              "answer blank",
                                              place.row));
        }
        // It was answered before, and the file is sent once more: the answer has been followed.
        if (pipeline::IsApplied(row.replaces)) row.answer = recordpb::ANSWER_UNSPECIFIED;
      } else if (row.answer == recordpb::ANSWER_ROW && !row.candidate) {
        return Refuse(row.line, fmt::format("{} is none of the candidates of row {} of the import",
                                            row.answer_row, place.row));
      }
    }
    return absl::OkStatus();
  }

  std::string ResubmissionOf(const KnownRow& row) const {
    recordpb::Resubmission resubmission;
    resubmission.set_replaces(row.replaces);
    resubmission.set_answer(row.answer);
    resubmission.set_row_id(row.answer == recordpb::ANSWER_ROW ? row.answer_row : row.imported_as);
    resubmission.set_remember(request_.remember && row.answer != recordpb::ANSWER_UNSPECIFIED);
    return resubmission.SerializeAsString();
  }

  // In the order of the source, in which load finds what was written.
  absl::StatusOr<uploads::StoredUpload> Write() {
    SLUICE_ASSIGN_OR_RETURN(const auto writer, uploads_.Begin(request_.upload_bytes_max));
    std::string buffer;
    std::vector<std::pair<RowPlace, std::string>> unsorted;
    size_t bytes = 0;
    std::string encoded;
    std::vector<record::RawCell> cells;
    SLUICE_RETURN_IF_ERROR(Visit([&](const ResubmittedRow& row) -> absl::Status {
      const KnownRow& known = rows_.at(row.place);
      // The same once more.
      if (known.line != row.line || known.rests()) return absl::OkStatus();
      const std::string said = ResubmissionOf(known);
      record::RecordHeader header;
      header.ordinal = known.ordinal;
      header.row = row.place.row;
      header.part = row.place.part;
      header.resubmission = said;
      encoded.clear();
      cells.assign(row.cells.begin(), row.cells.end());
      for (const std::string& text : known.beyond) cells.push_back({text, 0, {}, {}});
      record::AppendRawRecord(header, std::span<const record::RawCell>(cells), {}, encoded);
      if (!sorted_) {
        bytes += encoded.size();
        if (bytes > kUnsortedBytesMax) {
          return absl::InvalidArgumentError(fmt::format(
              "{}: too large to be put in order: sort it by the number of the row", request_.path));
        }
        unsorted.emplace_back(row.place, encoded);
        return absl::OkStatus();
      }
      record::AppendToFile(encoded, buffer);
      return buffer.size() < kWriteBytes ? absl::OkStatus() : Flush(*writer, buffer);
    }));
    std::sort(unsorted.begin(), unsorted.end());
    for (const auto& [place, record] : unsorted) record::AppendToFile(record, buffer);
    SLUICE_RETURN_IF_ERROR(Flush(*writer, buffer));
    return writer->Finish();
  }

  static absl::Status Flush(uploads::UploadWriter& writer, std::string& buffer) {
    const absl::Status written = writer.Write(buffer);
    buffer.clear();
    return written;
  }

  ControlStore& store_;
  uploads::UploadStore& uploads_;
  const ResubmitRequest& request_;
  const ImportRecord& import_;
  absl::flat_hash_map<RowPlace, KnownRow> rows_;
  // Most rows of a file have the same.
  std::set<CellMask> masks_;
  // Whether the file has its rows in the order of the source.
  bool sorted_ = true;
  RowPlace last_;
};

}  // namespace

absl::StatusOr<Started> Resubmit(ControlStore& store, uploads::UploadStore& uploads,
                                 const ResubmitRequest& request) {
  SLUICE_ASSIGN_OR_RETURN(ImportRecord import, store.GetImport(request.import_id));
  if (!import.ended() && import.round() > 0 &&
      import.rounds.rounds().rbegin()->sent_sha256() == request.sent.sha256) {
    if (import.state == controlpb::IMPORT_STATE_PAUSED) {
      SLUICE_ASSIGN_OR_RETURN(import, store.ChangeState(import.id, Wish::kResume));
    }
    return Started{std::move(import), true};
  }
  SLUICE_RETURN_IF_ERROR(MayHaveRound(import));
  SLUICE_ASSIGN_OR_RETURN(const auto round, Round(store, uploads, request, import).Make());
  if (!round.has_value()) return Started{std::move(import), false};
  SLUICE_ASSIGN_OR_RETURN(ImportRecord begun,
                          store.BeginRound(import.id, import.round() + 1, *round));
  return Started{std::move(begun), false};
}

}  // namespace sluice::control
