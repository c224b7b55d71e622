#include "common/telemetry/metrics.h"

#include <fmt/format.h>

#include <utility>

#include "common/base/check.h"
#include "prometheus/check_names.h"
#include "prometheus/text_serializer.h"

namespace sluice::telemetry {
namespace {

void CheckSpec(const FamilySpec& spec, MetricType type) {
  const std::string& name = spec.name;
  SLUICE_CHECK(prometheus::CheckMetricName(name) && name.starts_with("sluice_"), name);
  SLUICE_CHECK((type == MetricType::kCounter) == name.ends_with("_total"), name);
  SLUICE_CHECK(!spec.help.empty(), name);
  SLUICE_CHECK((type == MetricType::kHistogram) == !spec.buckets.empty(), name);
  for (const std::string& label : spec.labels) {
    SLUICE_CHECK(prometheus::CheckLabelName(label) && label != "le", label);
  }
}

prometheus::Labels Labels(const FamilySpec& spec, const Registry::LabelValues& values) {
  prometheus::Labels labels;
  for (size_t i = 0; i < values.size(); ++i) {
    if (!values[i].empty()) labels.emplace(spec.labels[i], values[i]);
  }
  return labels;
}

}  // namespace

Registry::Registration::Registration(Registration&& other) noexcept
    : registry_(std::exchange(other.registry_, nullptr)), id_(other.id_) {}

Registry::Registration& Registry::Registration::operator=(Registration&& other) noexcept {
  if (this != &other) {
    if (registry_ != nullptr) registry_->RemoveCollector(id_);
    registry_ = std::exchange(other.registry_, nullptr);
    id_ = other.id_;
  }
  return *this;
}

Registry::Registration::~Registration() {
  if (registry_ != nullptr) registry_->RemoveCollector(id_);
}

Registry::Registry() = default;
Registry::~Registry() = default;

Registry::Declared& Registry::Declare(const FamilySpec& spec, MetricType type,
                                      const LabelValues& values) {
  SLUICE_CHECK(values.size() == spec.labels.size(), spec.name);
  const auto found = families_.find(spec.name);
  if (found != families_.end()) {
    const FamilyInfo& known = found->second.info;
    SLUICE_CHECK(known.type == type && known.spec.help == spec.help &&
                     known.spec.labels == spec.labels && known.spec.buckets == spec.buckets,
                 fmt::format("{} is declared in two ways", spec.name));
    return found->second;
  }
  CheckSpec(spec, type);
  Declared declared;
  declared.info = {spec, type};
  switch (type) {
    case MetricType::kCounter:
      declared.counters =
          &prometheus::BuildCounter().Name(spec.name).Help(spec.help).Register(registry_);
      break;
    case MetricType::kGauge:
      declared.gauges =
          &prometheus::BuildGauge().Name(spec.name).Help(spec.help).Register(registry_);
      break;
    case MetricType::kHistogram:
      declared.histograms =
          &prometheus::BuildHistogram().Name(spec.name).Help(spec.help).Register(registry_);
      break;
  }
  return families_.emplace(spec.name, std::move(declared)).first->second;
}

Counter Registry::MakeCounter(const FamilySpec& spec, const LabelValues& values) {
  base::MutexLock lock(&mutex_);
  return Counter(Declare(spec, MetricType::kCounter, values).counters->Add(Labels(spec, values)));
}

Gauge Registry::MakeGauge(const FamilySpec& spec, const LabelValues& values) {
  base::MutexLock lock(&mutex_);
  return Gauge(Declare(spec, MetricType::kGauge, values).gauges->Add(Labels(spec, values)));
}

Histogram Registry::MakeHistogram(const FamilySpec& spec, const LabelValues& values) {
  base::MutexLock lock(&mutex_);
  return Histogram(Declare(spec, MetricType::kHistogram, values)
                       .histograms->Add(Labels(spec, values), spec.buckets));
}

Registry::Registration Registry::AddCollector(Collector collector) {
  base::MutexLock lock(&collectors_mutex_);
  const uint64_t id = next_collector_++;
  collectors_.emplace(id, std::move(collector));
  return Registration(this, id);
}

void Registry::RemoveCollector(uint64_t id) {
  base::MutexLock lock(&collectors_mutex_);
  collectors_.erase(id);
}

std::vector<FamilyInfo> Registry::Families() const {
  base::MutexLock lock(&mutex_);
  std::vector<FamilyInfo> families;
  families.reserve(families_.size());
  for (const auto& [name, declared] : families_) families.push_back(declared.info);
  return families;
}

std::string Registry::TextExposition() {
  {
    base::MutexLock lock(&collectors_mutex_);
    for (const auto& [id, collector] : collectors_) collector();
  }
  return prometheus::TextSerializer().Serialize(registry_.Collect());
}

std::vector<double> DurationBuckets() {
  return {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10};
}

std::vector<double> CountBuckets() {
  return {1, 4, 16, 64, 256, 1024, 4096, 16384, 65536};
}

}  // namespace sluice::telemetry
