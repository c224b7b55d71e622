#include <gtest/gtest.h>

#include "tests/contract/postgres_sink_fixture.h"
#include "tests/contract/reference_contract.h"
#include "tests/contract/sink_contract.h"
#include "tests/contract/sink_view_contract.h"

namespace sluice::contract {
namespace {

std::unique_ptr<SinkFixture> MakePostgres() {
  return std::make_unique<PostgresFixture>();
}

TEST(PostgresSinkTest, AWriterThatMayNotCreateIsToldWhatIsMissing) {
  PostgresFixture fixture;
  load::PostgresSinkOptions options = fixture.options();
  options.may_create = false;
  EXPECT_TRUE(absl::IsFailedPrecondition(load::PostgresSink::Open(options).status()));
  fixture.sink();
  auto sink = load::PostgresSink::Open(options);
  ASSERT_TRUE(sink.ok()) << sink.status();
  const load::SinkDataset dataset = testing::CustomerSinkDataset();
  EXPECT_TRUE(absl::IsFailedPrecondition((*sink)->Prepare(dataset)));
  ASSERT_TRUE(fixture.sink().Prepare(dataset).ok());
  const absl::Status prepared = (*sink)->Prepare(dataset);
  EXPECT_TRUE(prepared.ok()) << prepared;
}

TEST(PostgresSinkTest, ANewerSchemaIsRefused) {
  PostgresFixture fixture;
  fixture.sink();
  fixture.Execute("UPDATE sluice.schema_version SET version = version + 1");
  EXPECT_TRUE(absl::IsFailedPrecondition(load::PostgresSink::Open(fixture.options()).status()));
}

TEST(PostgresSinkTest, ARowChangedByHandAfterItWasReadIsNotOverwritten) {
  PostgresFixture fixture;
  const load::SinkDataset dataset = testing::CustomerSinkDataset();
  load::Sink& sink = fixture.sink();
  ASSERT_TRUE(sink.Prepare(dataset).ok());
  fixture.Execute("INSERT INTO customers(id, name) VALUES(5, 'n')");
  for (const bool meddled : {true, false}) {
    ASSERT_TRUE(sink.Begin().ok());
    auto row = sink.ReadRow(dataset, 5);
    ASSERT_TRUE(row.ok() && row->has_value());
    if (meddled) fixture.Execute("UPDATE customers SET note = 'by hand' WHERE id = 5");
    (*row)->fields[testing::kPhone] = "p";
    ASSERT_TRUE(sink.Update(dataset, {5, {{testing::kPhone, "p"}}, {}}, **row).ok());
    const absl::Status status = sink.Commit();
    EXPECT_EQ(absl::IsAborted(status), meddled) << status;
    EXPECT_EQ(status.ok(), !meddled) << status;
  }
  EXPECT_EQ(fixture.Rows("SELECT phone, note FROM customers", 2),
            (std::vector<std::vector<std::string>>{{"p", "by hand"}}));
}

INSTANTIATE_TEST_SUITE_P(Postgres, ReferenceContract, ::testing::Values(&MakePostgres),
                         [](const auto&) { return "Postgres"; });
INSTANTIATE_TEST_SUITE_P(Postgres, SinkContract, ::testing::Values(&MakePostgres),
                         [](const auto&) { return "Postgres"; });
INSTANTIATE_TEST_SUITE_P(Postgres, SinkViewContract, ::testing::Values(&MakePostgres),
                         [](const auto&) { return "Postgres"; });

}  // namespace
}  // namespace sluice::contract
