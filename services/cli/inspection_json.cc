#include <fmt/format.h>

#include "cli/inspection.h"
#include "cli/inspection_text.h"
#include "cli/profile_text.h"
#include "common/base/json.h"
#include "common/plan/mapping_file.h"

namespace sluice::cli {
namespace {

// Writes members of one object.
class JsonObject {
 public:
  void Add(std::string_view key, std::string_view text) {
    Key(key);
    base::AppendJsonString(out_, text);
  }
  void AddRaw(std::string_view key, std::string_view json) {
    Key(key);
    out_ += json;
  }
  // Null where there is none.
  void AddIf(bool given, std::string_view key, std::string_view text) {
    given ? Add(key, text) : AddRaw(key, "null");
  }
  std::string Finish() { return out_ + "}"; }

 private:
  void Key(std::string_view key) {
    out_ += out_.size() > 1 ? ",\"" : "\"";
    out_ += key;
    out_ += "\":";
  }
  std::string out_ = "{";
};

std::string Array(const std::vector<std::string>& items, bool texts) {
  std::string out = "[";
  for (const std::string& item : items) {
    if (out.size() > 1) out += ',';
    if (texts) {
      base::AppendJsonString(out, item);
    } else {
      out += item;
    }
  }
  return out + "]";
}

std::string Words(const formats::Finding& finding, Language language) {
  return std::string(Say(language, finding.english, finding.chinese));
}

std::string Sheets(const formats::SourceShape& shape) {
  std::vector<std::string> sheets;
  for (const formats::SheetName& sheet : shape.sheets) {
    JsonObject object;
    object.Add("name", sheet.name);
    object.AddRaw("visible", sheet.visible ? "true" : "false");
    sheets.push_back(object.Finish());
  }
  return Array(sheets, false);
}

std::string Unfit(const Inspection& inspection, const plan::SuggestedField& to) {
  const auto& field = inspection.dataset.fields(static_cast<int>(to.field));
  JsonObject object;
  object.AddRaw("values", std::to_string(to.values));
  object.AddRaw("unfit", std::to_string(to.unfit));
  object.AddIf(KeepsUnfit(field, to), "kept_in", "custom._unfit." + field.name());
  return object.Finish();
}

std::string Column(const Inspection& inspection, size_t index, Language language) {
  const plan::SuggestedColumn& column = inspection.columns[index];
  JsonObject object;
  object.AddRaw("index", std::to_string(index + 1));
  object.Add("header", inspection.shape.columns[index]);
  object.Add("kind", recognise::Name(column.column.kind));
  object.AddRaw("confidence", fmt::format("{:.2f}", column.column.confidence));
  const bool mapped = column.to.has_value();
  object.AddIf(mapped, "field",
               mapped ? inspection.dataset.fields(static_cast<int>(column.to->field)).name() : "");
  object.AddRaw("field_confidence", mapped ? fmt::format("{:.2f}", column.to->confidence) : "null");
  object.AddRaw("fit", mapped ? Unfit(inspection, *column.to) : "null");
  object.AddRaw("evidence", Array(ReasonsOf(inspection, index, language), true));
  object.AddRaw("samples", Array(SampleValues(inspection, index, 3), true));
  return object.Finish();
}

std::string Mapping(const Inspection& inspection) {
  std::vector<std::string> columns;
  for (size_t i = 0; i < inspection.columns.size(); ++i) {
    const auto& to = inspection.columns[i].to;
    if (!to.has_value()) continue;
    JsonObject object;
    object.Add("from", inspection.shape.columns[i]);
    object.Add("to", inspection.dataset.fields(static_cast<int>(to->field)).name());
    // As an import without a mapping takes them.
    const std::string_view dates = plan::DateOrderName(to->dates.order());
    if (!dates.empty()) object.Add("dates", dates);
    if (to->dates.undecided()) object.Add("on_unfit", "keep");
    columns.push_back(object.Finish());
  }
  JsonObject mapping;
  mapping.Add("dataset", inspection.dataset.name());
  mapping.AddRaw("columns", Array(columns, false));
  return mapping.Finish();
}

void AddSource(const Inspection& inspection, Language language, JsonObject& object) {
  const formats::SourceShape& shape = inspection.shape;
  const bool text = shape.format != formats::Format::kWorkbook;
  const bool delimited = shape.format == formats::Format::kDelimited;
  object.Add("file", inspection.file);
  object.Add("format", formats::Name(shape.format));
  object.AddRaw("size_bytes", std::to_string(shape.size_bytes));
  object.AddIf(!shape.member.empty(), "member", shape.member);
  object.AddIf(text, "encoding", formats::Name(shape.encoding));
  object.AddIf(text, "encoding_verdict", formats::Name(shape.encoding_finding.certainty));
  object.AddIf(text, "encoding_evidence", Words(shape.encoding_finding, language));
  object.AddRaw("bom", shape.bom ? "true" : "false");
  object.AddIf(delimited, "delimiter", std::string(1, shape.delimiter));
  object.AddIf(delimited, "delimiter_verdict", formats::Name(shape.delimiter_finding.certainty));
  object.AddIf(delimited, "delimiter_evidence", Words(shape.delimiter_finding, language));
  object.AddIf(delimited, "quote", std::string(1, shape.quote));
  object.AddIf(!text, "sheet", shape.sheet);
  object.AddRaw("sheets", Sheets(shape));
  object.AddRaw("header_row", std::to_string(shape.header_row));
  object.Add("header_verdict", formats::Name(shape.header_finding.certainty));
  object.Add("header_evidence", Words(shape.header_finding, language));
}

std::string_view Name(RowCount::Kind kind) {
  if (kind == RowCount::Kind::kCounted) return "counted";
  return kind == RowCount::Kind::kEstimated ? "estimated" : "at_least";
}

}  // namespace

std::string InspectionJson(const Inspection& inspection, Language language) {
  JsonObject object;
  AddSource(inspection, language, object);
  object.AddRaw("rows", std::to_string(inspection.rows.rows));
  object.Add("rows_verdict", Name(inspection.rows.kind));
  object.AddRaw("read_in_part", inspection.shape.cut ? "true" : "false");
  object.AddRaw("sampled_rows", std::to_string(inspection.shape.sample_rows.size()));
  std::vector<std::string> columns;
  std::vector<std::string> custom;
  for (size_t i = 0; i < inspection.columns.size(); ++i) {
    columns.push_back(Column(inspection, i, language));
    if (!inspection.columns[i].to.has_value()) custom.push_back(inspection.shape.columns[i]);
  }
  object.AddRaw("columns", Array(columns, false));
  object.Add("dataset", inspection.dataset.name());
  object.AddRaw("custom", Array(custom, true));
  std::vector<std::string> problems;
  for (const recognise::Evidence& problem : inspection.problems) {
    problems.emplace_back(Say(language, problem.english, problem.chinese));
  }
  object.AddRaw("problems", Array(problems, true));
  object.AddRaw("mapping", Mapping(inspection));
  std::vector<std::string> profiles;
  for (const auto& match : inspection.profiles) profiles.push_back(ProfileMatchJson(match));
  object.AddRaw("profiles", Array(profiles, false));
  return object.Finish();
}

}  // namespace sluice::cli
