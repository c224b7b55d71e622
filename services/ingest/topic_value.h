// The values of somebody's Kafka topic as cells: JSON objects, or protobuf messages of a schema
// that comes with the plan. Nested values are named `a.b`, as in JSON Lines files.
#pragma once

#include <google/protobuf/descriptor.h>
#include <google/protobuf/dynamic_message.h>

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/formats/json_line.h"
#include "common/formats/row_reader.h"
#include "sluice/plan/v1/plan.pb.h"

namespace sluice::ingest {

// Thread-compatible.
class TopicValueReader {
 public:
  // InvalidArgument when the schema cannot be used.
  static absl::StatusOr<std::unique_ptr<TopicValueReader>> Create(const plan::v1::Source& source);

  // One cell and form a column of the source; false when the value is not what it should be. Views
  // end with the next call.
  bool Read(std::string_view value, std::vector<std::string_view>& cells,
            std::vector<formats::CellForm>& forms);

 private:
  TopicValueReader() = default;
  absl::Status LoadSchema(const plan::v1::Source& source);
  // A protobuf message as JSON; false when it is none.
  bool ToJson(std::string_view value);

  std::map<std::string, size_t, std::less<>> column_of_;
  formats::JsonLine json_;
  std::string line_;
  std::vector<std::string> values_;
  // Null for JSON.
  std::unique_ptr<google::protobuf::DescriptorPool> pool_;
  std::unique_ptr<google::protobuf::DynamicMessageFactory> factory_;
  std::unique_ptr<google::protobuf::Message> message_;
};

}  // namespace sluice::ingest
