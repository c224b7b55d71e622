#include "tests/testing/pipeline_driver.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "clean/clean_stage.h"
#include "common/base/status.h"
#include "common/stream/topics.h"
#include "load/sqlite_sink.h"
#include "map/map_stage.h"
#include "sluice/storage/v1/storage.pb.h"
#include "tests/testing/faulty_sink.h"

namespace sluice::testing {
namespace {

constexpr const char* kSinkName = "sqlite";

pipeline::StageRunnerOptions StageOptions(std::string_view group, stream::TopicId in,
                                          stream::TopicId out, stream::TopicId results,
                                          const PipelineOptions& pipeline) {
  pipeline::StageRunnerOptions options;
  options.group = std::string(group);
  options.in = in;
  options.out = out;
  options.results = results;
  options.limits.records_max = pipeline.batch_records;
  options.result_bytes_max = pipeline.result_bytes_max;
  return options;
}

}  // namespace

database::SqliteOptions PipelineDriver::Sqlite(const std::string& path) const {
  database::SqliteOptions options;
  options.path = path;
  options.vfs = options_.vfs;
  return options;
}

absl::Status PipelineDriver::Open() {
  SLUICE_RETURN_IF_ERROR(OpenStores());
  SLUICE_RETURN_IF_ERROR(OpenStages());
  return OpenReaders();
}

absl::Status PipelineDriver::OpenLog() {
  if (options_.logs != nullptr) return options_.logs->Open();
  embedded::EmbeddedLogOptions log;
  log.rocks.path = options_.directory + "/log";
  log.rocks.env = options_.env;
  log.rocks.write_buffer_bytes = 64 << 10;
  log.rocks.block_cache_bytes = 1 << 20;
  log.tail_cache_bytes = 16 << 10;
  SLUICE_ASSIGN_OR_RETURN(log_, embedded::EmbeddedLog::Open(log, ids_));
  stages_log_ = std::make_unique<ReluctantLog>(*log_);
  return absl::OkStatus();
}

stream::Log& PipelineDriver::LogOf(PipelinePart part) {
  if (options_.logs != nullptr) return options_.logs->Of(part);
  return *stages_log_;
}

const stream::StateReader& PipelineDriver::state() {
  return options_.logs != nullptr ? options_.logs->state() : log_->state();
}

absl::StatusOr<PipelineDriver::Topics> PipelineDriver::OpenTopics(stream::Log& log,
                                                                  const stream::Topics& names) {
  Topics topics;
  SLUICE_ASSIGN_OR_RETURN(topics.raw, log.OpenTopic(names.Raw()));
  SLUICE_ASSIGN_OR_RETURN(topics.clean, log.OpenTopic(names.Clean()));
  SLUICE_ASSIGN_OR_RETURN(topics.results, log.OpenTopic(names.Results()));
  SLUICE_ASSIGN_OR_RETURN(topics.positions, log.OpenTopic(names.Positions()));
  SLUICE_ASSIGN_OR_RETURN(topics.imports, log.OpenTopic(names.Imports()));
  SLUICE_ASSIGN_OR_RETURN(topics.mapped, log.OpenTopic(names.Mapped(kSinkName)));
  return topics;
}

stream::Topics PipelineDriver::Names() const {
  return options_.logs != nullptr ? options_.logs->names() : stream::Topics();
}

absl::StatusOr<std::optional<pipeline::QuarantineOptions>> PipelineDriver::QuarantineOf(
    PipelinePart part, const std::string& source) {
  if (options_.logs == nullptr) return std::nullopt;
  pipeline::QuarantineOptions quarantine{0, source, "pipeline", "driver"};
  SLUICE_ASSIGN_OR_RETURN(quarantine.topic, LogOf(part).OpenTopic(Names().Quarantine()));
  return quarantine;
}

absl::Status PipelineDriver::OpenStores() {
  uploads_ = std::make_unique<uploads::UploadStore>(options_.directory + "/uploads", random_);
  SLUICE_RETURN_IF_ERROR(uploads_->Prepare());
  SLUICE_RETURN_IF_ERROR(OpenLog());
  SLUICE_ASSIGN_OR_RETURN(store_, control::SqliteControlStore::Open(
                                      Sqlite(options_.directory + "/control.db"), clock_, random_));
  const stream::Topics names = Names();
  for (int part = 0; part < kPipelineParts; ++part) {
    stream::Log& log = LogOf(static_cast<PipelinePart>(part));
    SLUICE_RETURN_IF_ERROR(store_->BindLog(log.id()));
    SLUICE_ASSIGN_OR_RETURN(topics_[static_cast<size_t>(part)], OpenTopics(log, names));
  }
  stream::Log& reader = options_.logs != nullptr ? options_.logs->reader() : *stages_log_;
  SLUICE_ASSIGN_OR_RETURN(const stream::TopicId imports, reader.OpenTopic(names.Imports()));
  SLUICE_ASSIGN_OR_RETURN(const control::Installation installation, store_->GetInstallation());
  catalog_ = std::make_unique<plan::PlanCatalog>(reader, imports, installation.hash_key);
  lead_ = std::make_unique<ingest::Lead>(
      ingest::LeadLimits{0.0, options_.lead_rows, options_.lead_rows});
  return absl::OkStatus();
}

absl::Status PipelineDriver::OpenStages() {
  control::ControlRunnerOptions control;
  const Topics& mine = TopicsOf(PipelinePart::kControl);
  control.results = mine.results;
  control.imports = mine.imports;
  control.limits.records_max = options_.batch_records;
  const auto on_progress = [this](const std::string& id, int64_t finished) {
    lead_->Arrived(id, static_cast<uint64_t>(std::max<int64_t>(finished, 0)),
                   clock_.MonotonicNanos());
  };
  SLUICE_ASSIGN_OR_RETURN(
      control_,
      control::ControlRunner::Create(control, LogOf(PipelinePart::kControl), *store_, on_progress));
  SLUICE_RETURN_IF_ERROR(control_->PublishOutbox());
  SLUICE_ASSIGN_OR_RETURN(std::unique_ptr<load::Sink> sink,
                          load::SqliteSink::Open(Sqlite(sink_path()), random_));
  if (options_.faulty_sink) sink = std::make_unique<FaultySink>(std::move(sink), options_.seed);
  load::LoadRunnerOptions load;
  load.topic = Names().Mapped(kSinkName);
  load.sink = kSinkName;
  load.in = TopicsOf(PipelinePart::kLoad).mapped;
  load.results = TopicsOf(PipelinePart::kLoad).results;
  load.limits.records_max = options_.batch_records;
  load.result_bytes_max = options_.result_bytes_max;
  SLUICE_ASSIGN_OR_RETURN(load.quarantine, QuarantineOf(PipelinePart::kLoad, load.topic));
  SLUICE_ASSIGN_OR_RETURN(
      load_, load::LoadRunner::Create(load, LogOf(PipelinePart::kLoad), *catalog_, clock_,
                                      std::move(sink), nullptr));
  const Topics& map_topics = TopicsOf(PipelinePart::kMap);
  const auto topic_of = [mapped = map_topics.mapped](const std::string&) {
    return absl::StatusOr<stream::TopicId>(mapped);
  };
  SLUICE_ASSIGN_OR_RETURN(
      map_, pipeline::StageRunner::Create(
                StageOptions(stream::kMapGroup, map_topics.clean, 0, map_topics.results, options_),
                LogOf(PipelinePart::kMap), state(), clock_,
                std::make_unique<map::MapStage>(*catalog_, topic_of), nullptr));
  const Topics& clean_topics = TopicsOf(PipelinePart::kClean);
  pipeline::StageRunnerOptions clean = StageOptions(
      stream::kCleanGroup, clean_topics.raw, clean_topics.clean, clean_topics.results, options_);
  SLUICE_ASSIGN_OR_RETURN(clean.quarantine, QuarantineOf(PipelinePart::kClean, Names().Raw()));
  SLUICE_ASSIGN_OR_RETURN(clean_, pipeline::StageRunner::Create(
                                      clean, LogOf(PipelinePart::kClean), state(), clock_,
                                      std::make_unique<clean::CleanStage>(*catalog_), nullptr));
  return absl::OkStatus();
}

absl::Status PipelineDriver::OpenReaders() {
  SLUICE_ASSIGN_OR_RETURN(const auto imports, store_->ListImports());
  ingest::ReaderOptions options;
  const Topics& mine = TopicsOf(PipelinePart::kIngest);
  options.topics = {mine.raw, mine.positions, mine.results};
  options.records_max = options_.batch_records;
  for (const control::ImportRecord& import : imports) {
    if (import.ended() || readers_.contains(import.id)) continue;
    lead_->Arrived(import.id, static_cast<uint64_t>(import.counts.Finished()), 0);
    // What was published is visible at once, or within moments.
    std::shared_ptr<const plan::CompiledPlan> compiled;
    const absl::Time deadline = absl::Now() + absl::Seconds(options_.logs == nullptr ? 0 : 30);
    do {
      SLUICE_ASSIGN_OR_RETURN(compiled, catalog_->Find(import.id, 1));
    } while (compiled == nullptr && absl::Now() < deadline);
    if (compiled == nullptr) return absl::InternalError("the plan of an import is missing");
    SLUICE_ASSIGN_OR_RETURN(
        readers_[import.id],
        ingest::ImportReader::Create(options, LogOf(PipelinePart::kIngest), std::move(compiled),
                                     *uploads_, *lead_, nullptr, clock_));
  }
  return absl::OkStatus();
}

void PipelineDriver::Kill() {
  readers_.clear();
  clean_.reset();
  map_.reset();
  load_.reset();
  control_.reset();
  lead_.reset();
  catalog_.reset();
  store_.reset();
  stages_log_.reset();
  log_.reset();
  if (options_.logs != nullptr) options_.logs->Close();
}

absl::StatusOr<std::string> PipelineDriver::Start(const std::string& csv,
                                                  control::StartRequest request) {
  request.path = options_.directory + "/customers.csv";
  std::ofstream(request.path, std::ios::binary) << csv;
  request.sink = {kSinkName, "sqlite:" + sink_path()};
  control::ImportStarter starter(*store_, *uploads_, ids_);
  control::Refusal refusal;
  SLUICE_ASSIGN_OR_RETURN(const control::Started started, starter.Start(request, refusal));
  SLUICE_RETURN_IF_ERROR(control_->PublishOutbox());
  SLUICE_RETURN_IF_ERROR(OpenReaders());
  return started.import.id;
}

absl::StatusOr<bool> PipelineDriver::Step(PipelinePart part) {
  const auto progressed = [](const absl::StatusOr<pipeline::StepResult>& result) {
    return result.ok() ? absl::StatusOr<bool>(*result == pipeline::StepResult::kProgress)
                       : absl::StatusOr<bool>(result.status());
  };
  switch (part) {
    case PipelinePart::kClean:
      return progressed(clean_->Step());
    case PipelinePart::kMap:
      return progressed(map_->Step());
    case PipelinePart::kLoad:
      return progressed(load_->Step());
    case PipelinePart::kControl:
      return progressed(control_->Step());
    case PipelinePart::kIngest:
      break;
  }
  if (options_.logs != nullptr && readers_.empty()) SLUICE_RETURN_IF_ERROR(OpenReaders());
  bool any = false;
  for (const auto& [id, reader] : readers_) {
    const auto step = reader->Step();
    if (!step.ok()) {
      // After an error a reader must be made anew.
      readers_.clear();
      return step.status();
    }
    any = any || *step == ingest::ReadStep::kProgress;
  }
  return any;
}

absl::StatusOr<bool> PipelineDriver::Ended(const std::string& import_id) {
  SLUICE_ASSIGN_OR_RETURN(const control::ImportRecord import, store_->GetImport(import_id));
  return import.ended();
}

absl::Status PipelineDriver::RunToEnd(const std::string& import_id) {
  const absl::Time deadline = absl::Now() + absl::Minutes(2);
  absl::Status last;
  while (true) {
    bool any = false;
    for (int part = 0; part < kPipelineParts; ++part) {
      const auto progress = Step(static_cast<PipelinePart>(part));
      if (options_.logs != nullptr && base::IsRetryable(progress.status())) {
        last = progress.status();
        continue;
      }
      if (options_.faulty_sink && base::IsRetryable(progress.status())) {
        any = true;
        continue;
      }
      SLUICE_RETURN_IF_ERROR(progress.status());
      any = any || *progress;
    }
    if (any) continue;
    SLUICE_ASSIGN_OR_RETURN(const bool ended, Ended(import_id));
    if (ended) return absl::OkStatus();
    if (options_.logs == nullptr || absl::Now() > deadline) {
      return absl::InternalError(fmt::format("the pipeline stands still: {}", base::Message(last)));
    }
    LogOf(PipelinePart::kClean).WaitForWrite(UINT64_MAX - 1, absl::Milliseconds(1));
  }
}

absl::StatusOr<std::vector<std::string>> PipelineDriver::ReadLines(const std::string& path,
                                                                   const std::string& sql) {
  SLUICE_ASSIGN_OR_RETURN(auto connection, database::SqliteConnection::Open(Sqlite(path)));
  SLUICE_ASSIGN_OR_RETURN(auto rows, connection->Prepare(sql));
  std::vector<std::string> lines;
  while (true) {
    SLUICE_ASSIGN_OR_RETURN(const bool more, rows.Step());
    if (!more) return lines;
    lines.emplace_back(rows.Text(0));
  }
}

absl::StatusOr<PipelineDriver::Journal> PipelineDriver::ReadJournal() {
  SLUICE_ASSIGN_OR_RETURN(auto connection, database::SqliteConnection::Open(Sqlite(sink_path())));
  Journal journal;
  SLUICE_ASSIGN_OR_RETURN(
      auto entries, connection->Prepare("SELECT row_id, number, import_sequence || ' ' || kind || "
                                        "' ' || source_row || ' ' || hex(changes) FROM "
                                        "sluice_journal_customers"));
  while (true) {
    SLUICE_ASSIGN_OR_RETURN(const bool more, entries.Step());
    if (!more) break;
    journal[{entries.Int(0), entries.Int(1)}] = entries.Text(2);
  }
  SLUICE_ASSIGN_OR_RETURN(auto blocks,
                          connection->Prepare("SELECT id, entries FROM sluice_created_customers"));
  while (true) {
    SLUICE_ASSIGN_OR_RETURN(const bool more, blocks.Step());
    if (!more) return journal;
    storage::v1::CreatedRows rows;
    const std::string_view bytes = blocks.Blob(1);
    if (!rows.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
      return absl::DataLossError("a block of created rows is damaged");
    }
    for (const auto& row : rows.rows()) {
      const int64_t id = blocks.Int(0) + static_cast<int64_t>(row.offset());
      std::string changes;
      for (const char c : row.fields().SerializeAsString()) {
        changes += fmt::format("{:02X}", static_cast<unsigned char>(c));
      }
      // An entry of the ordinary journal replaces it.
      journal.try_emplace({id, 1}, fmt::format("{} 0 {} {}", id >> 32, row.source_row(), changes));
    }
  }
}

absl::StatusOr<PipelineResult> PipelineDriver::ReadResult(const std::string& import_id) {
  PipelineResult result;
  SLUICE_ASSIGN_OR_RETURN(
      result.sink,
      ReadLines(sink_path(),
                "SELECT id || '|' || quote(external_id) || quote(name) || quote(contact_name) || "
                "quote(phone) || quote(email) || quote(note) || quote(custom) FROM customers "
                "ORDER BY id"));
  SLUICE_ASSIGN_OR_RETURN(const auto journal, ReadJournal());
  for (const auto& [place, entry] : journal) {
    result.sink.push_back(fmt::format("{}/{}|{}", place.first, place.second, entry));
  }
  SLUICE_ASSIGN_OR_RETURN(const auto met,
                          ReadLines(sink_path(), "SELECT 'met ' || row_id FROM sluice_met"));
  result.sink.insert(result.sink.end(), met.begin(), met.end());
  SLUICE_ASSIGN_OR_RETURN(const control::ImportRecord import, store_->GetImport(import_id));
  result.counts.push_back(
      fmt::format("{} rows {}", control::StateName(import.state), import.counts.rows));
  for (const auto& [outcome, count] : import.counts.outcomes) {
    if (count != 0) result.counts.push_back(fmt::format("outcome {}: {}", outcome, count));
  }
  for (const auto& [code, count] : import.counts.issues) {
    if (count != 0) result.counts.push_back(fmt::format("issue {}: {}", code, count));
  }
  const size_t head = result.counts.size();
  SLUICE_RETURN_IF_ERROR(
      store_->VisitResults(import_id, [&](const control::recordpb::StageResult& stored) {
        for (const auto& row : stored.rows()) {
          result.counts.push_back(
              fmt::format("row {} {} {}", row.row(), static_cast<int>(row.outcome()), row.code()));
        }
        for (const auto& issue : stored.issues()) {
          result.counts.push_back(
              fmt::format("issue of row {}: {} {}", issue.row(), issue.code(), issue.field()));
        }
        return absl::OkStatus();
      }));
  std::sort(result.counts.begin() + static_cast<std::ptrdiff_t>(head), result.counts.end());
  return result;
}

std::string TangledCustomers(uint64_t seed, int rows) {
  std::mt19937_64 random(seed);
  const auto pick = [&](const std::vector<std::string>& letters) {
    return letters[random() % letters.size()];
  };
  std::string csv = "客户编号,客户名称,联系人,联系电话,邮箱地址,备注,等级\n";
  std::string last;
  for (int i = 0; i < rows; ++i) {
    if (!last.empty() && random() % 12 == 0) {
      csv += last;
      continue;
    }
    const std::string own = std::to_string(random() % static_cast<uint64_t>(rows));
    const std::string id = pick({"", "", "E" + own, "E" + own});
    const std::string name = random() % 25 == 0 ? "" : "公司" + std::to_string(random() % 40);
    const std::string phone = pick({"", "1380013800" + std::to_string(random() % 10),
                                    "139 0000 " + std::to_string(1000 + random() % 5), "12"});
    const std::string mail = pick({"", "Info" + own + "@Example.com", "a@b.cn", "no mail"});
    last = fmt::format("{},{},{},{},{},\"{}\",{}\n", id, name, pick({"", "王", "李"}), phone, mail,
                       pick({"", "x\ny", "　全角　", "n/a"}), pick({"", "甲", "乙"}));
    csv += last;
  }
  return csv;
}

}  // namespace sluice::testing
