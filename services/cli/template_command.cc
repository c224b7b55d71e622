// sluice template DATASET: an empty file to be filled, with what each column takes.
#include <fmt/format.h>

#include <fstream>

#include "cli/command_line.h"
#include "cli/field_label.h"
#include "cli/table_writer.h"
#include "cli/workbook_output.h"
#include "common/base/status.h"
#include "common/plan/dataset.h"

namespace sluice::cli {
namespace {

namespace planpb = plan::planpb;

using spreadsheet::CellStyle;
using spreadsheet::WrittenCell;

struct TemplateOptions {
  std::string dataset;
  std::string format = "xlsx";
  std::string output;
};

// A type in words, and a value of it. Made up: 555 01xx and .example are kept for examples
// (NANPA, RFC 2606).
struct TypeText {
  std::string_view english;
  std::string_view chinese;
  std::string_view example;
};

TypeText TextOf(planpb::FieldType type) {
  switch (type) {
    case planpb::FIELD_TYPE_EMAIL:
      return {"e-mail address", "邮箱地址", "name@company.example"};
    case planpb::FIELD_TYPE_PHONE:
      return {"phone number, any usual form", "电话号码，常见写法均可", "010-5550 0123"};
    case planpb::FIELD_TYPE_URL:
      return {"web address", "网址", "https://company.example"};
    case planpb::FIELD_TYPE_DOMAIN:
      return {"domain of the web and e-mail addresses", "网址与邮箱的域名", "company.example"};
    case planpb::FIELD_TYPE_INTEGER:
      return {"whole number", "整数", "100"};
    case planpb::FIELD_TYPE_DECIMAL:
      return {"number", "数字", "12.5"};
    case planpb::FIELD_TYPE_CURRENCY:
      return {"amount of money", "金额", "1200.00"};
    case planpb::FIELD_TYPE_BOOLEAN:
      return {"yes or no", "是或否", "是"};
    case planpb::FIELD_TYPE_DATE:
      return {"date", "日期", "2026-01-31"};
    case planpb::FIELD_TYPE_DATETIME:
      return {"date and time", "日期和时间", "2026-01-31 09:30"};
    case planpb::FIELD_TYPE_PICKLIST:
      return {"one of the options", "可选值之一", ""};
    case planpb::FIELD_TYPE_LONG_TEXT:
      return {"text, line breaks allowed", "文本，可以换行", ""};
    default:
      return {"text", "文本", ""};
  }
}

class TemplateCommand {
 public:
  TemplateCommand(CommandContext& context, const TemplateOptions& options)
      : context_(context), options_(options) {}

  int Run() {
    const bool workbook = options_.format == "xlsx";
    const absl::Status fits = CheckOutput(workbook, options_.output);
    if (!fits.ok()) return Report(kUsage, fits);
    auto loaded = context_.Settings();
    if (!loaded.ok()) return Report(kUsage, loaded.status());
    auto dataset = plan::FindDataset(options_.dataset, loaded->settings.data_dir + "/datasets");
    if (!dataset.ok()) return Report(kUsage, dataset.status());
    dataset_ = *std::move(dataset);
    if (!workbook) {
      std::vector<TableColumn> columns;
      for (const planpb::Field& field : dataset_.fields())
        columns.push_back({LabelOf(field, context_.language)});
      const TableWriter writer(TableFormat::kCsv, columns);
      return kDone;
    }
    const absl::Status written = WriteWorkbook(
        options_.output, [this](spreadsheet::WorkbookWriter& writer) { return Write(writer); });
    return written.ok() ? int{kDone} : Report(CodeOf(written), written);
  }

 private:
  bool chinese() const { return context_.language == Language::kChinese; }

  std::vector<std::string> OptionsOf(const planpb::Field& field) const {
    std::vector<std::string> options;
    if (field.type() == planpb::FIELD_TYPE_BOOLEAN) {
      return {context_.Text("yes", "是"), context_.Text("no", "否")};
    }
    for (const planpb::PicklistOption& option : field.options()) options.push_back(option.value());
    return options;
  }

  std::string RuleOf(const planpb::Field& field) const {
    const TypeText text = TextOf(field.type());
    std::string rule(chinese() ? text.chinese : text.english);
    if (field.length_max() > 0) {
      rule +=
          fmt::format(fmt::runtime(context_.Text(", at most {} characters", "，最多 {} 个字符")),
                      field.length_max());
    }
    return rule;
  }

  absl::Status Write(spreadsheet::WorkbookWriter& writer) {
    constexpr double kWidth = 22;
    const std::vector<double> widths(dataset_.fields_size(), kWidth);
    SLUICE_RETURN_IF_ERROR(writer.AddSheet(LabelOf(dataset_, context_.language), widths));
    std::vector<std::string> labels;
    for (const planpb::Field& field : dataset_.fields())
      labels.push_back(LabelOf(field, context_.language));
    std::vector<WrittenCell> header;
    for (const std::string& text : labels) header.push_back({text, CellStyle::kHeader});
    SLUICE_RETURN_IF_ERROR(writer.AddRow(header));
    for (int i = 0; i < dataset_.fields_size(); ++i) {
      const planpb::Field& field = dataset_.fields(i);
      const std::string must =
          field.required() ? context_.Text("Must be filled. ", "必填。") : std::string();
      writer.Guide(static_cast<uint16_t>(i), labels[i], must + RuleOf(field), OptionsOf(field));
    }
    return WriteFields(writer, labels);
  }

  // A sheet for reading: what each column takes.
  absl::Status WriteFields(spreadsheet::WorkbookWriter& writer,
                           const std::vector<std::string>& labels) {
    const std::vector<double> widths = {22, 10, 44, 30, 30};
    SLUICE_RETURN_IF_ERROR(writer.AddSheet(context_.Text("About the columns", "填写说明"), widths));
    const std::vector<std::string> names = {
        context_.Text("column", "列"), context_.Text("required", "必填"),
        context_.Text("takes", "内容"), context_.Text("options", "可选值"),
        context_.Text("for example", "示例")};
    std::vector<WrittenCell> header;
    for (const std::string& name : names) header.push_back({name, CellStyle::kHeader});
    SLUICE_RETURN_IF_ERROR(writer.AddRow(header));
    for (int i = 0; i < dataset_.fields_size(); ++i) {
      const planpb::Field& field = dataset_.fields(i);
      const std::string required = field.required() ? context_.Text("yes", "是") : std::string();
      const std::string rule = RuleOf(field);
      std::string options;
      for (const std::string& option : OptionsOf(field)) {
        options += (options.empty() ? "" : " / ") + option;
      }
      const std::vector<WrittenCell> cells = {
          {labels[i]}, {required}, {rule}, {options}, {TextOf(field.type()).example}};
      SLUICE_RETURN_IF_ERROR(writer.AddRow(cells));
    }
    return absl::OkStatus();
  }

  CommandContext& context_;
  const TemplateOptions& options_;
  planpb::Dataset dataset_;
};

}  // namespace

void AddTemplateCommand(CLI::App& app, CommandContext& context, VerbAction& action) {
  auto options = std::make_shared<TemplateOptions>();
  Verb verb(app, "template", "An empty file to be filled and imported");
  verb.Option("DATASET", options->dataset, "customers, accounts, contacts or your own").Required();
  verb.Option("--format", options->format, "xlsx or csv").OneOf({"xlsx", "csv"});
  verb.Option("--output", options->output, "With --format xlsx: the file; else stdout");
  verb.OnChosen([&context, &action, options] {
    action = [&context, options] { return TemplateCommand(context, *options).Run(); };
  });
}

}  // namespace sluice::cli
