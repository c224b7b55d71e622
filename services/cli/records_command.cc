// sluice records DATASET: what is in the sink now.
#include <fmt/format.h>

#include "cli/command_line.h"
#include "cli/sink_address.h"
#include "cli/table_writer.h"
#include "common/base/status.h"
#include "common/plan/dataset.h"
#include "load/record_reader.h"
#include "load/stored_dataset.h"

namespace sluice::cli {
namespace {

struct RecordsOptions {
  std::string dataset;
  std::string sink;
  int64_t limit = -1;
  std::vector<std::string> match;
  std::string format = "jsonl";
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
    query_.dataset = load::StoredDataset(*dataset);
    query_.limit = options_.limit;
    auto sink = ParseSink(options_.sink, data_dir);
    if (!sink.ok()) return Report(kUsage, sink.status());
    if (const absl::Status status = ReadConditions(); !status.ok()) return Report(kUsage, status);
    const absl::Status printed = Print(sink->open_url);
    if (printed.ok()) return kDone;
    if (!absl::IsNotFound(printed)) return Report(CodeOf(printed), printed);
    if (options_.sink.empty()) return kDone;  // Nothing was imported yet.
    return Report(kUnreachable, printed);
  }

 private:
  absl::Status ReadConditions() {
    for (const std::string& match : options_.match) {
      const size_t equals = match.find('=');
      if (equals == std::string::npos) {
        return absl::InvalidArgumentError(fmt::format("--match is field=value, not '{}'", match));
      }
      const std::string column = match.substr(0, equals);
      if (column != "id" && !plan::FieldIndex(query_.dataset, column).has_value()) {
        return absl::InvalidArgumentError(
            fmt::format("--match: {} has no field '{}'", query_.dataset.name(), column));
      }
      query_.match.push_back({column, match.substr(equals + 1)});
    }
    return absl::OkStatus();
  }

  absl::Status Print(const std::string& url) {
    std::vector<TableColumn> columns = {{"id", true}};
    for (const plan::planpb::Field& field : query_.dataset.fields()) {
      columns.push_back({field.name(), field.type() == plan::planpb::FIELD_TYPE_INTEGER ||
                                           field.type() == plan::planpb::FIELD_TYPE_REFERENCE ||
                                           field.type() == plan::planpb::FIELD_TYPE_BOOLEAN});
    }
    columns.push_back({"custom", true});
    // A header only once there is something below it.
    std::optional<TableWriter> writer;
    const auto open = [&] { writer.emplace(*TableFormatByName(options_.format), columns); };
    SLUICE_RETURN_IF_ERROR(load::VisitRecords(url, query_, [&](const auto& values) {
      if (!writer.has_value()) open();
      writer->Write(values);
    }));
    if (!writer.has_value()) open();
    return absl::OkStatus();
  }

  CommandContext& context_;
  const RecordsOptions& options_;
  load::RecordQuery query_;
};

}  // namespace

void AddRecordsCommand(CLI::App& app, CommandContext& context, VerbAction& action) {
  auto options = std::make_shared<RecordsOptions>();
  Verb verb(app, "records", "What is in the customer store now");
  verb.Option("DATASET", options->dataset, "customers, accounts, contacts, ...").Required();
  verb.Option("--sink", options->sink, "sqlite:PATH or postgresql://USER@HOST/DATABASE");
  verb.Option("--limit", options->limit, "At most so many").Check([](const std::string& given) {
    const bool digits = given.find_first_not_of("0123456789") == std::string::npos;
    return digits && !given.empty() ? "" : "must be a whole number from 0";
  });
  verb.Option("--match", options->match, "field=value; may be given several times");
  verb.Option("--format", options->format, "jsonl or csv").OneOf({"jsonl", "csv"});
  verb.OnChosen([&context, &action, options] {
    action = [&context, options] { return RecordsCommand(context, *options).Run(); };
  });
}

}  // namespace sluice::cli
