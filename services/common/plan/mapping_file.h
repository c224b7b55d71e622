// The mapping file (docs/mapping.md): what a person says about one kind of file.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "sluice/plan/v1/plan.pb.h"

namespace sluice::plan {

namespace planpb = ::sluice::plan::v1;

struct MappedColumn {
  // Headers of the file, tried in order; empty for a constant or an expression.
  std::vector<std::string> from;
  std::optional<std::string> constant;
  std::string to;
  std::string region;
  std::map<std::string, std::string> values;
  planpb::UnknownOption unknown = planpb::UNKNOWN_OPTION_UNSPECIFIED;
  std::string default_value;
  planpb::OnUnfit on_unfit = planpb::ON_UNFIT_UNSPECIFIED;
  std::optional<std::string> join;
  std::optional<planpb::Part> part;
  std::string expression;
  planpb::WritePolicy write = planpb::WRITE_POLICY_UNSPECIFIED;
  planpb::BlankPolicy blank = planpb::BLANK_POLICY_UNSPECIFIED;
  planpb::DateOrder dates = planpb::DATE_ORDER_UNSPECIFIED;
  // Of a reference: fields of the dataset meant, tried in order; and whether a row may be created.
  std::vector<std::string> match;
  planpb::ReferenceCreate create = planpb::REFERENCE_CREATE_UNSPECIFIED;
  // "line:column" of the entry, for later errors.
  std::string place;
};

struct MappingFile {
  std::string origin;
  std::string dataset;
  std::vector<MappedColumn> columns;
  std::vector<std::vector<std::string>> identity;
  std::optional<planpb::OnDuplicate> on_duplicate;
  std::optional<planpb::InFile> in_file;
  std::vector<std::string> skip_when_blank;
  std::vector<std::string> repairs_off;
  bool unmapped_to_custom = true;
  planpb::BlankPolicy blank = planpb::BLANK_POLICY_UNSPECIFIED;
  std::string region;
  // Of an entry of `sheets`: the sheet it is about.
  std::string sheet;
  // Several sheets, each with a mapping of its own; then there is nothing else.
  std::vector<MappingFile> sheets;
};

// Errors are InvalidArgument and say origin:line:column.
absl::StatusOr<MappingFile> ParseMapping(std::string_view yaml, std::string_view origin);

std::optional<planpb::OnDuplicate> OnDuplicateByName(std::string_view name);
std::optional<planpb::InFile> InFileByName(std::string_view name);
// "dmy", "mdy", "ymd"; empty for DATE_ORDER_UNSPECIFIED.
std::string_view DateOrderName(planpb::DateOrder order);

}  // namespace sluice::plan
