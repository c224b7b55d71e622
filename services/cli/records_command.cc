// sluice records DATASET: what is in the sink now.
#include <fmt/format.h>

#include <filesystem>

#include "cli/command_line.h"
#include "cli/sink_address.h"
#include "cli/table_writer.h"
#include "common/base/status.h"
#include "common/database/sqlite.h"
#include "common/plan/dataset.h"

namespace sluice::cli {
namespace {

struct RecordsOptions {
  std::string dataset;
  std::string sink;
  int64_t limit = -1;
  std::vector<std::string> match;
  std::string format = "jsonl";
};

struct Condition {
  std::string column;
  std::string value;
};

class RecordsCommand {
 public:
  RecordsCommand(CommandContext& context, const RecordsOptions& options)
      : context_(context), options_(options) {}

  int Run() {
    auto loaded = context_.Settings();
    if (!loaded.ok()) return Report(kUsage, loaded.status());
    const std::string& data_dir = loaded->settings.data_dir;
    auto dataset = plan::FindDataset(options_.dataset, data_dir + "/datasets");
    if (!dataset.ok()) return Report(kUsage, dataset.status());
    auto sink = ParseSink(options_.sink, data_dir);
    if (!sink.ok()) return Report(kUsage, sink.status());
    if (const absl::Status status = ReadConditions(*dataset); !status.ok()) {
      return Report(kUsage, status);
    }
    std::error_code ignored;
    if (!std::filesystem::exists(SqlitePath(*sink), ignored)) {
      if (options_.sink.empty()) return kDone;  // Nothing was imported yet.
      return Report(kUnreachable, fmt::format("there is no database {}", SqlitePath(*sink)));
    }
    const absl::Status printed = Print(*dataset, SqlitePath(*sink));
    return printed.ok() ? int{kDone} : Report(CodeOf(printed), printed);
  }

 private:
  absl::Status ReadConditions(const plan::planpb::Dataset& dataset) {
    for (const std::string& match : options_.match) {
      const size_t equals = match.find('=');
      if (equals == std::string::npos) {
        return absl::InvalidArgumentError(fmt::format("--match is field=value, not '{}'", match));
      }
      const std::string column = match.substr(0, equals);
      if (column != "id" && !plan::FieldIndex(dataset, column).has_value()) {
        return absl::InvalidArgumentError(
            fmt::format("--match: {} has no field '{}'", dataset.name(), column));
      }
      conditions_.push_back({column, match.substr(equals + 1)});
    }
    return absl::OkStatus();
  }

  absl::Status Print(const plan::planpb::Dataset& dataset, const std::string& path) {
    database::SqliteOptions database;
    database.path = path;
    database.read_only = true;
    SLUICE_ASSIGN_OR_RETURN(auto connection, database::SqliteConnection::Open(database));
    SLUICE_ASSIGN_OR_RETURN(
        auto exists, connection->Prepare("SELECT 1 FROM sqlite_master WHERE type = 'table' AND "
                                         "name = ?"));
    exists.Bind(1, dataset.name());
    SLUICE_ASSIGN_OR_RETURN(const bool found, exists.Step());
    if (!found) return absl::OkStatus();
    std::vector<TableColumn> columns = {{"id", true}};
    std::string sql = "SELECT id";
    for (const plan::planpb::Field& field : dataset.fields()) {
      sql += ", " + database::QuoteIdentifier(field.name());
      columns.push_back({field.name(), field.type() == plan::planpb::FIELD_TYPE_INTEGER ||
                                           field.type() == plan::planpb::FIELD_TYPE_BOOLEAN});
    }
    sql += ", custom FROM " + database::QuoteIdentifier(dataset.name());
    columns.push_back({"custom", true});
    for (size_t i = 0; i < conditions_.size(); ++i) {
      sql += fmt::format("{} {} = ?", i == 0 ? " WHERE" : " AND",
                         database::QuoteIdentifier(conditions_[i].column));
    }
    sql += " ORDER BY id";
    if (options_.limit >= 0) sql += fmt::format(" LIMIT {}", options_.limit);
    SLUICE_ASSIGN_OR_RETURN(auto rows, connection->Prepare(sql));
    for (size_t i = 0; i < conditions_.size(); ++i) {
      rows.Bind(static_cast<int>(i) + 1, conditions_[i].value);
    }
    TableWriter writer(*TableFormatByName(options_.format), columns);
    std::vector<std::optional<std::string>> values(columns.size());
    while (true) {
      SLUICE_ASSIGN_OR_RETURN(const bool more, rows.Step());
      if (!more) return absl::OkStatus();
      for (size_t i = 0; i < columns.size(); ++i) {
        const int column = static_cast<int>(i);
        if (rows.IsNull(column)) {
          values[i].reset();
        } else {
          values[i] = std::string(rows.Text(column));
        }
      }
      writer.Write(values);
    }
  }

  CommandContext& context_;
  const RecordsOptions& options_;
  std::vector<Condition> conditions_;
};

}  // namespace

void AddRecordsCommand(CLI::App& app, CommandContext& context, VerbAction& action) {
  auto options = std::make_shared<RecordsOptions>();
  CLI::App* verb = app.add_subcommand("records", "What is in the customer store now");
  verb->add_option("DATASET", options->dataset, "customers, accounts, contacts, ...")->required();
  verb->add_option("--sink", options->sink, "sqlite:PATH");
  verb->add_option("--limit", options->limit, "At most so many")
      ->check([](const std::string& given) {
        const bool digits = given.find_first_not_of("0123456789") == std::string::npos;
        return digits && !given.empty() ? "" : "must be a whole number from 0";
      });
  verb->add_option("--match", options->match, "field=value; may be given several times");
  verb->add_option("--format", options->format, "jsonl or csv")
      ->check(CLI::IsMember({"jsonl", "csv"}));
  verb->callback([&context, &action, options] {
    action = [&context, options] { return RecordsCommand(context, *options).Run(); };
  });
}

}  // namespace sluice::cli
