// How fast load writes customers into a PostgreSQL server of its own: new, unchanged and changed
// rows through ImportLoader, in transactions as the runner makes them. One line each: rows a
// second, and CPU seconds of this process a million rows (the server's are the rest of a core).
//   postgres_sink_bench [rows]
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <iostream>
#include <string>
#include <vector>

#include "common/base/status.h"
#include "load/import_loader.h"
#include "load/postgres_sink.h"
#include "tests/testing/customer_plan.h"
#include "tests/testing/postgres_server.h"

namespace sluice {
namespace {

constexpr size_t kBatch = 5000;
constexpr size_t kTransaction = 25000;

struct Customer {
  std::vector<std::string> values;
};

Customer MakeCustomer(size_t number, const std::string& note) {
  // Spread, so that keys come in no order.
  const uint64_t spread = number * 0x9E3779B97F4A7C15ull;
  return {{"", fmt::format("上海客户{}有限公司", spread % 100000000),
           fmt::format("联系人{}", spread % 1000), fmt::format("+86138{:08}", spread % 100000000),
           fmt::format("user{}@example{}.cn", spread, number % 100), note}};
}

absl::Status LoadBatch(load::ImportLoader& loader, size_t first, size_t end,
                       const std::string& note, pipeline::ResultBuilder& result) {
  std::vector<Customer> customers;
  for (size_t i = first; i < end; ++i) customers.push_back(MakeCustomer(i, note));
  std::vector<record::MappedRecordView> views(customers.size());
  for (size_t i = 0; i < customers.size(); ++i) {
    views[i].header.ordinal = views[i].header.row = first + i;
    for (uint32_t field = 1; field < customers[i].values.size(); ++field) {
      views[i].fields.push_back({field, customers[i].values[field]});
    }
    loader.Note(views[i]);
  }
  SLUICE_RETURN_IF_ERROR(loader.Announce());
  for (const auto& view : views) SLUICE_RETURN_IF_ERROR(loader.Load(view, result));
  return absl::OkStatus();
}

absl::Status Measure(load::Sink& sink, const std::string& name, uint64_t sequence, size_t rows,
                     const std::string& note) {
  testing::CustomerPlanOptions options;
  options.sequence = sequence;
  load::ImportLoader loader(sink, testing::CustomerPlan(options));
  SLUICE_RETURN_IF_ERROR(sink.Prepare(loader.dataset()));
  pipeline::ResultBuilder result("01x", 0, pipeline::recordpb::STAGE_LOAD, 0);
  const auto start = std::chrono::steady_clock::now();
  const std::clock_t cpu = std::clock();
  for (size_t first = 0; first < rows; first += kTransaction) {
    SLUICE_RETURN_IF_ERROR(sink.Begin());
    const size_t end = std::min(rows, first + kTransaction);
    for (size_t at = first; at < end; at += kBatch) {
      SLUICE_RETURN_IF_ERROR(LoadBatch(loader, at, std::min(end, at + kBatch), note, result));
    }
    SLUICE_RETURN_IF_ERROR(sink.Commit());
  }
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  const double cpu_seconds = static_cast<double>(std::clock() - cpu) / CLOCKS_PER_SEC;
  std::cout << fmt::format(
      "{:<10} {:>9.0f} rows/s, {:.1f} CPU s a million rows here (added {}, updated {}, unchanged "
      "{})\n",
      name, static_cast<double>(rows) / seconds, cpu_seconds * 1e6 / static_cast<double>(rows),
      result.outcomes(pipeline::recordpb::OUTCOME_ADDED),
      result.outcomes(pipeline::recordpb::OUTCOME_UPDATED),
      result.outcomes(pipeline::recordpb::OUTCOME_UNCHANGED));
  std::cout.flush();
  return absl::OkStatus();
}

absl::Status Run(size_t rows) {
  SLUICE_ASSIGN_OR_RETURN(const auto server, testing::PostgresServer::Start({.fsync = true}));
  SLUICE_ASSIGN_OR_RETURN(const std::string database, server->MakeDatabase());
  load::PostgresSinkOptions options;
  options.connection.connection = server->ConnectionString("sluice_writer", database);
  options.owner = server->ConnectionString("sluice_owner", database);
  SLUICE_ASSIGN_OR_RETURN(const auto sink, load::PostgresSink::Open(options));
  SLUICE_RETURN_IF_ERROR(Measure(*sink, "new", 1, rows, "first"));
  SLUICE_RETURN_IF_ERROR(Measure(*sink, "unchanged", 2, rows, "first"));
  return Measure(*sink, "changed", 3, rows, "second");
}

}  // namespace
}  // namespace sluice

int main(int argc, char** argv) {
  constexpr size_t kRows = 200000;
  const absl::Status status = sluice::Run(argc > 1 ? std::stoul(argv[1]) : kRows);
  if (!status.ok()) std::cerr << status << "\n";
  return status.ok() ? 0 : 1;
}
