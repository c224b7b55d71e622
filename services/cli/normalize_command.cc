// sluice normalize KIND: one value a line in, one JSON object a line out.
#include <fmt/format.h>

#include <iostream>

#include "cli/command_line.h"
#include "common/plan/cell_normalizer.h"
#include "common/plan/dataset.h"
#include "load/custom_json.h"

namespace sluice::cli {
namespace {

int Normalize(const std::string& kind, const std::string& region) {
  const auto type = plan::TypeByName(kind);
  if (!type.has_value() || *type == plan::planpb::FIELD_TYPE_PICKLIST ||
      *type == plan::planpb::FIELD_TYPE_REFERENCE) {
    return Report(kUsage, fmt::format("there is no kind '{}'; there are email, phone, text, "
                                      "long_text, url, integer, decimal, currency, boolean, date, "
                                      "datetime",
                                      kind));
  }
  if (!normalize::PhoneNormalizer::IsKnownRegion(region)) {
    return Report(kUsage, fmt::format("--region: '{}' is no ISO 3166 region", region));
  }
  plan::CellSpec spec;
  spec.type = *type;
  spec.region = region;
  plan::CellNormalizer normalizer(spec);
  std::string line;
  std::vector<plan::Issue> issues;
  while (std::getline(std::cin, line)) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    issues.clear();
    const plan::CellResult result = normalizer.Normalize(line, issues);
    std::string_view code;
    for (const plan::Issue& issue : issues) {
      if (issue.after.empty()) code = issue.code;
    }
    const bool valid = !result.value.empty();
    fmt::print("{{\"value\":{},\"valid\":{},\"code\":{}}}\n",
               valid ? load::JsonString(result.value) : "null", valid,
               valid || code.empty() ? "null" : load::JsonString(code));
  }
  return kDone;
}

}  // namespace

void AddNormalizeCommand(CLI::App& app, CommandContext&, VerbAction& action) {
  auto kind = std::make_shared<std::string>();
  auto region = std::make_shared<std::string>("CN");
  Verb verb(app, "normalize", "Normal forms of values, one a line");
  verb.Option("KIND", *kind, "email, phone, ...").Required();
  verb.Option("--region", *region, "Region of phones without a country code");
  verb.OnChosen(
      [&action, kind, region] { action = [kind, region] { return Normalize(*kind, *region); }; });
}

}  // namespace sluice::cli
