#include "common/plan/plan_builder.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <algorithm>

#include "common/base/hash.h"
#include "common/base/status.h"
#include "common/base/suggestion.h"
#include "common/plan/compiled_plan.h"
#include "common/plan/date_order.h"
#include "common/plan/header_match.h"
#include "common/plan/suggestion.h"
#include "common/spreadsheet/refusal.h"

namespace sluice::plan {
namespace {

absl::Status UnknownColumn(const MappingFile& mapping, const MappedColumn& column,
                           std::string_view name, const std::vector<std::string>& headers) {
  return absl::InvalidArgumentError(
      fmt::format("{}:{}: the file has no column '{}'{}; its columns are: {}", mapping.origin,
                  column.place, name, base::DidYouMean(name, headers), fmt::join(headers, ", ")));
}

absl::Status AddMappedColumn(const MappingFile& mapping, const MappedColumn& column,
                             const PlanRequest& request, planpb::Plan& plan) {
  planpb::ColumnMapping& added = *plan.add_columns();
  for (const std::string& name : column.from) {
    const auto index = FindColumn(request.shape.columns, name);
    // Of several alternatives one may be missing: files of one kind differ.
    if (index.has_value()) added.add_from(*index);
  }
  if (!column.from.empty() && added.from().empty()) {
    return UnknownColumn(mapping, column, column.from[0], request.shape.columns);
  }
  if (!column.to.starts_with(kCustomPrefix) &&
      !FieldIndex(request.dataset, column.to).has_value()) {
    const std::vector<std::string> names = FieldNames(request.dataset);
    return absl::InvalidArgumentError(
        fmt::format("{}:{}: {} has no field '{}'{}; its fields are: {}, custom.<name>",
                    mapping.origin, column.place, request.dataset.name(), column.to,
                    base::DidYouMean(column.to, names), fmt::join(names, ", ")));
  }
  added.set_to(column.to);
  added.set_constant(column.constant.value_or(""));
  added.set_region(column.region.empty() ? mapping.region : column.region);
  for (const auto& [from, to] : column.values) (*added.mutable_values())[from] = to;
  added.set_unknown(column.unknown);
  added.set_default_value(column.default_value);
  added.set_on_unfit(column.on_unfit);
  if (column.join.has_value()) added.set_join(*column.join);
  if (column.part.has_value()) *added.mutable_part() = *column.part;
  added.set_expression(column.expression);
  added.set_write(column.write);
  added.set_blank(column.blank);
  added.set_dates(column.dates);
  for (const std::string& field : column.match) added.add_match(field);
  added.set_create(column.create);
  return absl::OkStatus();
}

// Columns of dates of which nobody has said the order: the sample may.
void DecideDates(const PlanRequest& request, planpb::Plan& plan) {
  for (planpb::ColumnMapping& column : *plan.mutable_columns()) {
    const auto field = FieldIndex(request.dataset, column.to());
    const bool decides = field.has_value() && !column.has_join() && !column.has_part() &&
                         column.dates() == planpb::DATE_ORDER_UNSPECIFIED &&
                         IsDate(request.dataset.fields(static_cast<int>(*field)).type());
    if (!decides) continue;
    const std::vector<uint32_t> from(column.from().begin(), column.from().end());
    column.set_dates(JudgeDates(request.shape.sample_rows, from).order());
  }
}

void AddRecognisedColumns(const PlanRequest& request, planpb::Plan& plan) {
  const std::vector<SuggestedColumn> columns = SuggestColumns(request.shape, request.dataset);
  for (size_t i = 0; i < columns.size(); ++i) {
    if (!columns[i].to.has_value()) continue;
    planpb::ColumnMapping& added = *plan.add_columns();
    added.add_from(static_cast<uint32_t>(i));
    added.set_to(request.dataset.fields(static_cast<int>(columns[i].to->field)).name());
    // Nobody has asked for the column: what cannot be read is not lost.
    if (columns[i].to->dates.undecided()) added.set_on_unfit(planpb::ON_UNFIT_KEEP);
  }
}

// Fields that follow from others, where nothing else feeds them.
void AddDerivedColumns(planpb::Plan& plan) {
  const auto feeds = [&](const std::string& field) {
    return std::find_if(plan.columns().begin(), plan.columns().end(),
                        [&](const auto& column) { return column.to() == field; });
  };
  for (const planpb::Field& field : plan.dataset().fields()) {
    if (field.derived_from().empty() || feeds(field.name()) != plan.columns().end()) continue;
    const auto from = feeds(field.derived_from());
    if (from == plan.columns().end() || from->from().empty()) continue;
    planpb::ColumnMapping derived;
    *derived.mutable_from() = from->from();
    derived.set_to(field.name());
    *plan.add_columns() = std::move(derived);
  }
}

void DescribeSource(const PlanRequest& request, planpb::Source& source) {
  const formats::SourceShape& shape = request.shape;
  source.set_upload_sha256(request.upload_sha256);
  for (const std::string& column : shape.columns) source.add_columns(column);
  if (request.stream.has_value()) {
    source.set_format(request.stream->format);
    source.set_topic(request.stream->topic);
    source.set_topic_value(request.stream->value);
    source.set_descriptor_set(request.stream->descriptor_set);
    source.set_message_type(request.stream->message_type);
    return;
  }
  source.set_size_bytes(shape.size_bytes);
  source.set_format(std::string(formats::Name(shape.format)));
  source.set_sheet(shape.sheet);
  source.set_member(shape.member);
  source.set_encoding(std::string(formats::Name(shape.encoding)));
  source.set_bom(shape.bom);
  source.set_delimiter(std::string(1, shape.delimiter));
  source.set_quote(std::string(1, shape.quote));
  source.set_header_row(shape.header_row);
}

}  // namespace

bool IsStream(const planpb::Plan& plan) {
  return plan.in_file() == planpb::IN_FILE_EACH;
}

std::vector<std::string> StreamColumns(const planpb::Dataset& dataset,
                                       const std::optional<MappingFile>& mapping) {
  std::vector<std::string> columns;
  if (mapping.has_value()) {
    for (const MappedColumn& column : mapping->columns) {
      for (const std::string& name : column.from) {
        if (std::find(columns.begin(), columns.end(), name) == columns.end()) {
          columns.push_back(name);
        }
      }
    }
  }
  return columns.empty() ? FieldNames(dataset) : columns;
}

absl::StatusOr<planpb::Plan> BuildPlan(const PlanRequest& request) {
  planpb::Plan plan;
  *plan.mutable_dataset() = request.dataset;
  DescribeSource(request, *plan.mutable_source());
  plan.set_unmapped_to_custom(true);
  plan.set_on_duplicate(request.on_duplicate.value_or(planpb::ON_DUPLICATE_UPDATE));
  plan.set_in_file(request.in_file.value_or(planpb::IN_FILE_MERGE));
  *plan.mutable_identity() = request.dataset.identity();
  if (request.mapping.has_value()) {
    const MappingFile& mapping = *request.mapping;
    for (const MappedColumn& column : mapping.columns) {
      SLUICE_RETURN_IF_ERROR(AddMappedColumn(mapping, column, request, plan));
    }
    if (mapping.columns.empty()) AddRecognisedColumns(request, plan);
    if (!mapping.identity.empty()) plan.clear_identity();
    for (const auto& rule : mapping.identity) {
      planpb::IdentityRule& added = *plan.add_identity();
      for (const std::string& field : rule) added.add_fields(field);
    }
    if (!request.on_duplicate.has_value() && mapping.on_duplicate.has_value()) {
      plan.set_on_duplicate(*mapping.on_duplicate);
    }
    if (!request.in_file.has_value() && mapping.in_file.has_value()) {
      plan.set_in_file(*mapping.in_file);
    }
    for (const std::string& f : mapping.skip_when_blank) plan.mutable_skip_when()->add_blank(f);
    for (const std::string& repair : mapping.repairs_off) plan.add_repairs_off(repair);
    plan.set_unmapped_to_custom(mapping.unmapped_to_custom);
    plan.set_blank(mapping.blank);
    if (!mapping.region.empty()) plan.mutable_dataset()->set_region(mapping.region);
  } else {
    AddRecognisedColumns(request, plan);
  }
  DecideDates(request, plan);
  AddDerivedColumns(plan);
  for (const planpb::Dataset& target : request.references) *plan.add_references() = target;
  plan.set_sink(request.sink);
  plan.set_partitions(request.partitions);
  plan.set_row_bytes_max(request.row_bytes_max);
  plan.set_whole_on_one_partition(!request.stream.has_value() &&
                                  request.shape.size_bytes <= request.whole_bytes_max);
  if (request.stream.has_value()) plan.set_in_file(planpb::IN_FILE_EACH);
  const absl::Status fits = CheckPlanSize(plan);
  if (!fits.ok()) {
    return request.mapping.has_value() ? base::Annotate(fits, request.mapping->origin) : fits;
  }
  const auto compiled = CompiledPlan::Compile(plan, {});
  if (!compiled.ok()) {
    const std::string message =
        fmt::format("{}{}; the file's columns are: {}",
                    request.mapping.has_value() ? request.mapping->origin + ": " : "",
                    base::Message(compiled.status()), fmt::join(request.shape.columns, ", "));
    // Only a missing column has a reason of its own.
    return spreadsheet::RefusalCode(compiled.status()).empty()
               ? absl::InvalidArgumentError(message)
               : spreadsheet::Refuse(spreadsheet::Refusal::kNoColumn, message);
  }
  return plan;
}

absl::Status CheckPlanSize(const planpb::Plan& plan) {
  // It goes to the stages as one message, and Kafka takes none above 1,000,000 bytes.
  constexpr size_t kPlanBytesMax = 900'000;
  const size_t bytes = plan.ByteSizeLong();
  if (bytes <= kPlanBytesMax) return absl::OkStatus();
  return absl::InvalidArgumentError(
      fmt::format("what the import would do takes {} bytes to say, at most {} are possible: "
                  "fewer or shorter columns, or fewer values in the mapping",
                  bytes, kPlanBytesMax));
}

std::string PlanHash(const planpb::Plan& plan) {
  planpb::Plan content = plan;
  content.clear_import_id();
  content.clear_revision();
  content.clear_sequence();
  content.clear_profile();
  std::string bytes;
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    content.SerializeToCodedStream(&coded);
  }
  return base::Sha256Hex(bytes);
}

absl::StatusOr<formats::SourceShape> ShapeOf(const planpb::Source& source) {
  formats::SourceShape shape;
  const auto format = formats::FormatByName(source.format());
  const auto encoding = formats::EncodingByName(source.encoding());
  if (!format.has_value() || !encoding.has_value() || source.delimiter().size() != 1 ||
      source.quote().size() != 1) {
    return absl::DataLossError("the plan's description of its source is damaged");
  }
  shape.format = *format;
  shape.sheet = source.sheet();
  shape.member = source.member();
  shape.encoding = *encoding;
  shape.bom = source.bom();
  shape.delimiter = source.delimiter()[0];
  shape.quote = source.quote()[0];
  shape.header_row = source.header_row();
  shape.columns.assign(source.columns().begin(), source.columns().end());
  shape.size_bytes = source.size_bytes();
  return shape;
}

}  // namespace sluice::plan
