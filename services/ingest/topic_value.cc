#include "ingest/topic_value.h"

#include <fmt/format.h>
#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/util/json_util.h>
#include <simdjson.h>

#include "common/base/status.h"

namespace sluice::ingest {

absl::StatusOr<std::unique_ptr<TopicValueReader>> TopicValueReader::Create(
    const plan::v1::Source& source) {
  std::unique_ptr<TopicValueReader> reader(new TopicValueReader());
  for (int i = 0; i < source.columns_size(); ++i) reader->column_of_.emplace(source.columns(i), i);
  reader->values_.resize(static_cast<size_t>(source.columns_size()));
  if (source.topic_value() == plan::v1::TOPIC_VALUE_PROTOBUF) {
    SLUICE_RETURN_IF_ERROR(reader->LoadSchema(source));
  }
  return reader;
}

absl::Status TopicValueReader::LoadSchema(const plan::v1::Source& source) {
  google::protobuf::FileDescriptorSet files;
  if (!files.ParseFromString(source.descriptor_set())) {
    return absl::InvalidArgumentError(
        "the schema is no FileDescriptorSet: make it with protoc --include_imports "
        "--descriptor_set_out");
  }
  pool_ = std::make_unique<google::protobuf::DescriptorPool>();
  for (const auto& file : files.file()) {
    if (pool_->BuildFile(file) != nullptr) continue;
    return absl::InvalidArgumentError(fmt::format(
        "{} of the schema does not stand by itself: make it with --include_imports", file.name()));
  }
  const auto* const type = pool_->FindMessageTypeByName(source.message_type());
  if (type == nullptr) {
    return absl::InvalidArgumentError(
        fmt::format("the schema has no message '{}'", source.message_type()));
  }
  factory_ = std::make_unique<google::protobuf::DynamicMessageFactory>(pool_.get());
  message_.reset(factory_->GetPrototype(type)->New());
  return absl::OkStatus();
}

bool TopicValueReader::ToJson(std::string_view value) {
  if (!message_->ParseFromArray(value.data(), static_cast<int>(value.size()))) return false;
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  return google::protobuf::util::MessageToJsonString(*message_, &line_, options).ok();
}

bool TopicValueReader::Read(std::string_view value, std::vector<std::string_view>& cells,
                            std::vector<formats::CellForm>& forms) {
  line_.clear();
  if (message_ == nullptr) line_.assign(value);
  if (message_ != nullptr && !ToJson(value)) return false;
  // The parser reads a little behind the end.
  line_.reserve(line_.size() + simdjson::SIMDJSON_PADDING);
  for (std::string& text : values_) text.clear();
  forms.assign(values_.size(), {.type = formats::kAbsentCell});
  const bool whole = json_.Parse(line_, [&](std::string_view path, std::string_view text) {
    const auto column = column_of_.find(path);
    if (column == column_of_.end()) return;
    values_[column->second].assign(text);
    forms[column->second].type = 0;
  });
  if (!whole) return false;
  cells.assign(values_.begin(), values_.end());
  return true;
}

}  // namespace sluice::ingest
