// The metrics of a process: families declared once by name, help and label names; series resolved
// at start into handles, so that nothing is looked up per record; the Prometheus text format.
//
// Names follow docs/metrics.md: prefix `sluice_`, base units, `_total` for counters. Label values
// come from small fixed sets, never from records.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "common/base/mutex.h"
#include "prometheus/counter.h"
#include "prometheus/family.h"
#include "prometheus/gauge.h"
#include "prometheus/histogram.h"
#include "prometheus/registry.h"

namespace sluice::telemetry {

// Handles: cheap to copy, thread-safe, valid as long as the Registry they came from. A handle made
// by its default constructor drops what it is given, so that code can run without a registry.
class Counter {
 public:
  Counter() = default;
  explicit Counter(prometheus::Counter& series) : series_(&series) {}
  // `amount` must not be negative.
  void Add(double amount = 1) {
    if (series_ != nullptr && amount > 0) series_->Increment(amount);
  }
  double value() const { return series_ == nullptr ? 0 : series_->Value(); }

 private:
  prometheus::Counter* series_ = nullptr;
};

class Gauge {
 public:
  Gauge() = default;
  explicit Gauge(prometheus::Gauge& series) : series_(&series) {}
  void Set(double value) {
    if (series_ != nullptr) series_->Set(value);
  }
  void Add(double amount) {
    if (series_ != nullptr) series_->Increment(amount);
  }
  double value() const { return series_ == nullptr ? 0 : series_->Value(); }

 private:
  prometheus::Gauge* series_ = nullptr;
};

// Takes a lock for each observation: observe once a batch, not once a record.
class Histogram {
 public:
  Histogram() = default;
  explicit Histogram(prometheus::Histogram& series) : series_(&series) {}
  void Observe(double value) {
    if (series_ != nullptr) series_->Observe(value);
  }

 private:
  prometheus::Histogram* series_ = nullptr;
};

enum class MetricType { kCounter, kGauge, kHistogram };

// What is said once about a family. `labels` are the names of its labels, in the order in which
// Registry's series functions take their values.
struct FamilySpec {
  std::string name;
  std::string help;
  std::vector<std::string> labels;
  // Upper bounds, ascending; histograms only.
  std::vector<double> buckets;
};

struct FamilyInfo {
  FamilySpec spec;
  MetricType type;
};

// Thread-safe. Declaring a family twice in the same way is allowed and gives the same family (each
// partition's runner may do so); in a different way, with a bad name, or with a wrong number of
// label values is a defect and stops the process.
class Registry {
 public:
  using LabelValues = std::vector<std::string>;
  // Sets gauges from what its owner knows; runs on the thread that scrapes, must not block.
  using Collector = std::function<void()>;

  // Ends the calls to a collector when destroyed. Waits for a running scrape, so a collector may
  // use its owner's members if the owner holds the registration last. Must not outlive the
  // Registry.
  class Registration {
   public:
    Registration() = default;
    Registration(Registration&& other) noexcept;
    Registration& operator=(Registration&& other) noexcept;
    ~Registration();

   private:
    friend class Registry;
    Registration(Registry* registry, uint64_t id) : registry_(registry), id_(id) {}
    Registry* registry_ = nullptr;
    uint64_t id_ = 0;
  };

  Registry();
  ~Registry();
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;

  // The series of `spec` with these label values, made with 0 if it is new. A label with an empty
  // value is left out, which means the same to Prometheus.
  Counter MakeCounter(const FamilySpec& spec, const LabelValues& values = {});
  Gauge MakeGauge(const FamilySpec& spec, const LabelValues& values = {});
  Histogram MakeHistogram(const FamilySpec& spec, const LabelValues& values = {});

  // A collector must not add or remove collectors.
  [[nodiscard]] Registration AddCollector(Collector collector);

  // Every family declared so far, by name.
  std::vector<FamilyInfo> Families() const;

  // Runs the collectors, then gives all series in the Prometheus text format 0.0.4.
  std::string TextExposition();

 private:
  struct Declared {
    FamilyInfo info;
    prometheus::Family<prometheus::Counter>* counters = nullptr;
    prometheus::Family<prometheus::Gauge>* gauges = nullptr;
    prometheus::Family<prometheus::Histogram>* histograms = nullptr;
  };

  Declared& Declare(const FamilySpec& spec, MetricType type, const LabelValues& values)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void RemoveCollector(uint64_t id);

  prometheus::Registry registry_;
  mutable base::Mutex mutex_;
  std::map<std::string, Declared> families_ ABSL_GUARDED_BY(mutex_);
  base::Mutex collectors_mutex_;
  std::map<uint64_t, Collector> collectors_ ABSL_GUARDED_BY(collectors_mutex_);
  uint64_t next_collector_ ABSL_GUARDED_BY(collectors_mutex_) = 1;
};

// Bucket bounds in seconds for the duration of a batch or a request: 1 ms to 10 s.
std::vector<double> DurationBuckets();
// Bucket bounds for the number of records in a batch: powers of 4 from 1 to 65,536.
std::vector<double> CountBuckets();

}  // namespace sluice::telemetry
