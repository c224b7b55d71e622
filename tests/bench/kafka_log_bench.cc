// How many small records a second go through Kafka, in transactions: written, copied by a stage's
// read and write, read. Starts a broker of its own.
#include <benchmark/benchmark.h>

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/base/check.h"
#include "common/base/status.h"
#include "common/kafka/kafka_log.h"
#include "tests/testing/kafka_topics.h"

namespace sluice {
namespace {

constexpr int kRecords = 600'000;
constexpr int kPerTransaction = 10'000;
constexpr size_t kValueBytes = 200;

class Place {
 public:
  static Place& Get() {
    static Place place;
    return place;
  }
  std::unique_ptr<kafka::KafkaLog> Open(const std::string& name) {
    kafka::KafkaLogOptions options;
    options.settings = testing::KafkaBroker::Shared().Settings();
    options.name = absl::StrCat(topics_.prefix(), ".", name);
    auto log = kafka::KafkaLog::Open(options, clock_, observer_);
    SLUICE_CHECK(log.ok(), base::Message(log.status()));
    return std::move(*log);
  }
  stream::TopicId Topic(kafka::KafkaLog& log, const std::string& name) {
    return *log.OpenTopic(topics_.Name(name));
  }

 private:
  base::SystemClock clock_;
  kafka::KafkaObserver observer_;
  testing::KafkaTopics topics_;
};

void Check(const absl::Status& status) {
  SLUICE_CHECK(status.ok(), base::Message(status));
}

void Write(benchmark::State& state) {
  auto log = Place::Get().Open("writer");
  const auto topic = Place::Get().Topic(*log, "in");
  // Half of it does not compress, as names and numbers do not.
  std::string value(kValueBytes, 'x');
  for (auto _ : state) {
    for (int i = 0; i < kRecords;) {
      auto transaction = log->Begin();
      for (int k = 0; k < kPerTransaction; ++k, ++i) {
        for (size_t b = 0; b < kValueBytes / 2; ++b) {
          value[b] = static_cast<char>((static_cast<size_t>(i) * 2654435761u + b * 40503u) >> 7);
        }
        transaction->Append(
            {topic, static_cast<uint32_t>(i) % 3},
            {stream::RecordKind::kData, "01hzzzzzzzzzzzzzzzzzzzzzzz", static_cast<uint64_t>(i) + 2},
            "0123456789abcdef", value);
      }
      Check(transaction->Commit().status());
    }
  }
  state.SetItemsProcessed(state.iterations() * kRecords);
}

// Reads all of the topic; with `out`, writes it there in the same transactions.
void Drain(benchmark::State& state, const std::string& name, const std::string& in, bool copy) {
  auto log = Place::Get().Open(name);
  const auto from = Place::Get().Topic(*log, in);
  const auto to = Place::Get().Topic(*log, "out");
  auto source = log->OpenSource(name, from);
  Check(source.status());
  for (auto _ : state) {
    stream::RecordBatch batch;
    for (int read = 0; read < kRecords;) {
      const uint64_t seen = log->WaitForWrite(UINT64_MAX, absl::ZeroDuration());
      Check((*source)->Poll({kPerTransaction, 8u << 20}, batch));
      if (batch.records.empty()) {
        log->WaitForWrite(seen, absl::Milliseconds(100));
        continue;
      }
      read += static_cast<int>(batch.records.size());
      auto transaction = log->Begin();
      if (copy) {
        for (const stream::Record& record : batch.records) {
          transaction->Append({to, batch.partition}, record.headers, record.key, record.value);
        }
      }
      transaction->Consumed(name, {from, batch.partition}, batch.next_offset);
      Check(transaction->Commit().status());
    }
  }
  state.SetItemsProcessed(state.iterations() * kRecords);
}

void Copy(benchmark::State& state) {
  Drain(state, "copier", "in", true);
}
void Read(benchmark::State& state) {
  Drain(state, "reader", "out", false);
}

BENCHMARK(Write)->Iterations(1)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(Copy)->Iterations(1)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(Read)->Iterations(1)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace sluice
