// The whole pipeline on one thread: ingest, clean, map, load and control over a log and SQLite,
// moved by hand one step of one part at a time. Killing it destroys every object; opening it again
// goes on from what is stored.
#pragma once

#include <rocksdb/env.h>

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/base/ulid.h"
#include "common/embedded/embedded_log.h"
#include "common/pipeline/stage_runner.h"
#include "common/plan/plan_catalog.h"
#include "common/stream/topics.h"
#include "common/uploads/upload_store.h"
#include "control/control_runner.h"
#include "control/import_starter.h"
#include "control/sqlite_control_store.h"
#include "ingest/import_reader.h"
#include "load/load_runner.h"
#include "tests/testing/reluctant_log.h"

namespace sluice::testing {

// Time that passes by a millisecond at every look. Thread-safe by being read from one thread.
class SteppingClock : public base::Clock {
 public:
  absl::Time Now() const override { return absl::UnixEpoch() + absl::Nanoseconds(Next()); }
  int64_t MonotonicNanos() const override { return Next(); }

 private:
  int64_t Next() const { return now_nanos_ += 1'000'000; }
  mutable int64_t now_nanos_ = 1'700'000'000'000'000'000;
};

// Reproducible bytes.
class SeededRandom : public base::Random {
 public:
  explicit SeededRandom(uint64_t seed) : engine_(seed) {}
  void Fill(unsigned char* bytes, size_t count) override {
    for (size_t i = 0; i < count; ++i) bytes[i] = static_cast<unsigned char>(engine_());
  }

 private:
  std::mt19937_64 engine_;
};

enum class PipelinePart { kIngest, kClean, kMap, kLoad, kControl };
inline constexpr int kPipelineParts = 5;

// The handles of a log that is not the embedded one. Thread-compatible.
class PipelineLogs {
 public:
  virtual ~PipelineLogs() = default;
  virtual absl::Status Open() = 0;
  virtual void Close() = 0;
  virtual stream::Log& Of(PipelinePart part) = 0;
  // For plans.
  virtual stream::Log& reader() = 0;
  // Clean's.
  virtual const stream::StateReader& state() = 0;
  virtual stream::Topics names() = 0;
};

struct PipelineOptions {
  std::string directory;
  // Not owned; null = an embedded log in the directory.
  PipelineLogs* logs = nullptr;
  // Where the log's files go; not owned, null = the machine.
  rocksdb::Env* env = nullptr;
  // SQLite's file system for control and sink; empty = the machine's.
  std::string vfs;
  uint64_t seed = 1;
  // Small, so that a short file takes many steps.
  uint64_t batch_records = 9;
  uint64_t lead_rows = 60;
  // Of a message of results.
  size_t result_bytes_max = pipeline::kResultBytesMax;
  // The sink fails around its commits (FaultySink), and load tries again.
  bool faulty_sink = false;
};

// What an import left behind: equal for two runs that did the same.
struct PipelineResult {
  // Rows and journal of the sink, one line each.
  std::vector<std::string> sink;
  // Outcomes and issues by name, then every row that was reported, sorted.
  std::vector<std::string> counts;
  friend bool operator==(const PipelineResult&, const PipelineResult&) = default;
};

// Thread-compatible. Every Status is the first error; after one, Kill and Open.
class PipelineDriver {
 public:
  explicit PipelineDriver(const PipelineOptions& options)
      : options_(options), random_(options.seed) {}

  absl::Status Open();
  // Destroys all objects, as a killed process does.
  void Kill();
  // Starts an import of the text as a CSV file, or goes on with it; its id.
  absl::StatusOr<std::string> Start(const std::string& csv, control::StartRequest request = {});
  // True when something was done.
  absl::StatusOr<bool> Step(PipelinePart part);
  // Steps all parts in turn until the import has ended. On a log that is not embedded, waits and
  // tries again when nothing moves.
  absl::Status RunToEnd(const std::string& import_id);
  absl::StatusOr<bool> Ended(const std::string& import_id);
  // Reads through connections of its own.
  absl::StatusOr<PipelineResult> ReadResult(const std::string& import_id);

  // The first column of a query on the sink, through a connection of its own.
  absl::StatusOr<std::vector<std::string>> ReadSink(const std::string& sql) {
    return ReadLines(sink_path(), sql);
  }

  control::ControlStore& store() { return *store_; }
  // The embedded one.
  embedded::EmbeddedLog& log() { return *log_; }
  std::string sink_path() const { return options_.directory + "/sink.db"; }

 private:
  // The chain journal: (row id, number) to what the entry holds.
  using Journal = std::map<std::pair<int64_t, int64_t>, std::string>;
  absl::StatusOr<Journal> ReadJournal();

  struct Topics {
    stream::TopicId raw = 0;
    stream::TopicId clean = 0;
    stream::TopicId results = 0;
    stream::TopicId positions = 0;
    stream::TopicId imports = 0;
    stream::TopicId mapped = 0;
  };

  stream::Log& LogOf(PipelinePart part);
  const stream::StateReader& state();
  absl::Status OpenLog();
  static absl::StatusOr<Topics> OpenTopics(stream::Log& log, const stream::Topics& names);
  const Topics& TopicsOf(PipelinePart part) const { return topics_[static_cast<size_t>(part)]; }
  stream::Topics Names() const;
  // As over Kafka: nothing on the embedded log.
  absl::StatusOr<std::optional<pipeline::QuarantineOptions>> QuarantineOf(
      PipelinePart part, const std::string& source);
  absl::Status OpenStores();
  absl::Status OpenStages();
  absl::Status OpenReaders();
  database::SqliteOptions Sqlite(const std::string& path) const;
  absl::StatusOr<std::vector<std::string>> ReadLines(const std::string& path,
                                                     const std::string& sql);

  const PipelineOptions options_;
  SteppingClock clock_;
  SeededRandom random_;
  base::UlidGenerator ids_{clock_, random_};
  std::unique_ptr<uploads::UploadStore> uploads_;
  std::unique_ptr<embedded::EmbeddedLog> log_;
  // What the stages are given: nothing is synced that nobody waits for.
  std::unique_ptr<ReluctantLog> stages_log_;
  std::unique_ptr<control::SqliteControlStore> store_;
  // By part: a topic's id means something only to its handle.
  std::array<Topics, kPipelineParts> topics_;
  std::unique_ptr<plan::PlanCatalog> catalog_;
  std::unique_ptr<ingest::Lead> lead_;
  std::unique_ptr<control::ControlRunner> control_;
  std::unique_ptr<load::LoadRunner> load_;
  std::unique_ptr<pipeline::StageRunner> map_;
  std::unique_ptr<pipeline::StageRunner> clean_;
  std::map<std::string, std::unique_ptr<ingest::ImportReader>> readers_;
};

// A CSV of customers that meet each other in many ways, with faults sown.
std::string TangledCustomers(uint64_t seed, int rows);

}  // namespace sluice::testing
