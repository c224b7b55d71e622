#include "common/telemetry/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

namespace sluice::telemetry {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const FamilySpec kRows{"sluice_records_total", "Records by outcome.", {"stage", "outcome"}, {}};

TEST(MetricsTest, ASeriesIsThereWithZeroBeforeItCounts) {
  Registry registry;
  Counter added = registry.MakeCounter(kRows, {"load", "added"});
  EXPECT_THAT(registry.TextExposition(),
              HasSubstr("sluice_records_total{outcome=\"added\",stage=\"load\"} 0"));
  added.Add(3);
  added.Add();
  EXPECT_EQ(added.value(), 4);
  EXPECT_THAT(registry.TextExposition(),
              HasSubstr("sluice_records_total{outcome=\"added\",stage=\"load\"} 4"));
}

TEST(MetricsTest, TheSameSeriesAgainIsTheSameNumber) {
  Registry registry;
  Counter one = registry.MakeCounter(kRows, {"clean", "added"});
  Counter two = registry.MakeCounter(kRows, {"clean", "added"});
  one.Add(2);
  EXPECT_EQ(two.value(), 2);
  ASSERT_EQ(registry.Families().size(), 1u);
  EXPECT_EQ(registry.Families()[0].spec.name, "sluice_records_total");
  EXPECT_EQ(registry.Families()[0].type, MetricType::kCounter);
}

TEST(MetricsTest, ALabelWithoutAValueIsLeftOut) {
  Registry registry;
  registry.MakeCounter(kRows, {"load", ""}).Add(2);
  EXPECT_THAT(registry.TextExposition(), HasSubstr("sluice_records_total{stage=\"load\"} 2"));
}

TEST(MetricsTest, HistogramsCountIntoBuckets) {
  Registry registry;
  Histogram batch = registry.MakeHistogram(
      {"sluice_batch_duration_seconds", "Time of a batch.", {}, DurationBuckets()});
  batch.Observe(0.003);
  const std::string text = registry.TextExposition();
  EXPECT_THAT(text, HasSubstr("sluice_batch_duration_seconds_bucket{le=\"0.0025\"} 0"));
  EXPECT_THAT(text, HasSubstr("sluice_batch_duration_seconds_bucket{le=\"0.005\"} 1"));
  EXPECT_THAT(text, HasSubstr("# TYPE sluice_batch_duration_seconds histogram"));
}

TEST(MetricsTest, CollectorsRunAtScrapeUntilTheyAreDropped) {
  Registry registry;
  Gauge size = registry.MakeGauge({"sluice_state_bytes", "Size of the state.", {}, {}});
  double bytes = 7;
  std::optional<Registry::Registration> registration =
      registry.AddCollector([&] { size.Set(bytes); });
  EXPECT_THAT(registry.TextExposition(), HasSubstr("sluice_state_bytes 7"));
  bytes = 8;
  EXPECT_THAT(registry.TextExposition(), HasSubstr("sluice_state_bytes 8"));
  registration.reset();
  bytes = 9;
  EXPECT_THAT(registry.TextExposition(), Not(HasSubstr("sluice_state_bytes 9")));
}

TEST(MetricsTest, AHandleWithoutARegistryDropsWhatItIsGiven) {
  Counter counter;
  counter.Add(5);
  EXPECT_EQ(counter.value(), 0);
  Gauge gauge;
  gauge.Set(5);
  Histogram histogram;
  histogram.Observe(5);
}

TEST(MetricsDeathTest, ADefectiveDeclarationStopsTheProcess) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  Registry registry;
  registry.MakeCounter(kRows, {"load", "added"});
  EXPECT_DEATH(registry.MakeGauge(kRows, {"load", "added"}), "sluice_records_total");
  EXPECT_DEATH(registry.MakeCounter(kRows, {"load"}), "sluice_records_total");
  EXPECT_DEATH(registry.MakeGauge({"rows", "No prefix.", {}, {}}), "rows");
}

}  // namespace
}  // namespace sluice::telemetry
