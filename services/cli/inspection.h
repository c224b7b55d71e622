// What `sluice inspect` found out about a file, and how it is told: JSON for programs, a page for
// people, a mapping file to go on with.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/language.h"
#include "common/base/byte_source.h"
#include "common/formats/inspect.h"
#include "common/formats/source_shape.h"
#include "common/plan/dataset.h"
#include "common/plan/suggestion.h"
#include "control/profile_match.h"

namespace sluice::cli {

// How many rows the file has below its header.
struct RowCount {
  enum class Kind { kCounted, kEstimated, kAtLeast };
  Kind kind = Kind::kCounted;
  uint64_t rows = 0;
};

struct Inspection {
  std::string file;
  formats::SourceShape shape;
  plan::planpb::Dataset dataset;
  std::vector<plan::SuggestedColumn> columns;
  RowCount rows;
  // Why an import without a mapping would not start; empty = it would.
  std::vector<recognise::Evidence> problems;
  // Saved mappings that fit, best first. Not filled by InspectFile.
  std::vector<control::controlpb::ProfileMatch> profiles;
  // The header's row, or that there is none, was said.
  bool header_given = false;
};

// An import without a mapping keeps the text of values that do not fit.
bool KeepsUnfit(const plan::planpb::Field& field, const plan::SuggestedField& to);

// Looks at a file, for at most a moment: of large ones not all is read. Refusals as
// formats::Inspect.
absl::StatusOr<Inspection> InspectFile(const std::string& file, formats::InspectOptions options,
                                       plan::planpb::Dataset dataset);

// Counts a small file, estimates a large text by its first megabytes, and gives the rows met in a
// large workbook: an answer in a moment for any size.
absl::StatusOr<RowCount> CountRows(base::ByteSource& source, const formats::SourceShape& shape);

// Fills columns and problems from shape and dataset.
void Suggest(Inspection& inspection);

// One JSON object; keys are in docs/recognition.md.
std::string InspectionJson(const Inspection& inspection, Language language);
// Lines for people.
std::string InspectionPage(const Inspection& inspection, Language language);
// A mapping file (docs/mapping.md) that says what was suggested.
std::string MappingYaml(const Inspection& inspection);

}  // namespace sluice::cli
