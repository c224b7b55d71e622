#include "cli/topic_address.h"

#include <fmt/format.h>

#include <map>
#include <string>

#include "common/base/byte_source.h"
#include "common/base/status.h"
#include "ingest/topic_value.h"

namespace sluice::cli {
namespace {

constexpr std::string_view kKafka = "kafka:";

absl::Status Malformed() {
  return absl::InvalidArgumentError(
      "a topic is given as kafka:TOPIC, or kafka:TOPIC?value=protobuf&schema=FILE&message=NAME");
}

}  // namespace

bool IsTopicAddress(std::string_view given) {
  return given.starts_with(kKafka);
}

absl::Status TakeTopicAddress(std::string_view given, control::v1::ImportOptions& options) {
  given.remove_prefix(kKafka.size());
  const size_t question = given.find('?');
  const std::string_view topic = given.substr(0, question);
  std::map<std::string, std::string, std::less<>> words = {
      {"value", "json"}, {"schema", ""}, {"message", ""}};
  std::string_view rest =
      question == std::string_view::npos ? std::string_view() : given.substr(question + 1);
  while (!rest.empty()) {
    const size_t end = rest.find('&');
    const std::string_view word = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    const size_t equals = word.find('=');
    if (equals == std::string_view::npos) return Malformed();
    const auto known = words.find(word.substr(0, equals));
    if (known == words.end()) return Malformed();
    known->second = word.substr(equals + 1);
  }
  const bool protobuf = words["value"] == "protobuf";
  if (topic.empty() || (!protobuf && words["value"] != "json") ||
      protobuf == (words["schema"].empty() || words["message"].empty())) {
    return Malformed();
  }
  options.set_path(std::string(kKafka) + std::string(topic));
  options.set_topic(std::string(topic));
  options.set_topic_value(protobuf ? plan::v1::TOPIC_VALUE_PROTOBUF : plan::v1::TOPIC_VALUE_JSON);
  if (!protobuf) return absl::OkStatus();
  SLUICE_ASSIGN_OR_RETURN(*options.mutable_descriptor_set(), base::ReadSmallFile(words["schema"]));
  options.set_message_type(words["message"]);
  // What is wrong with the schema is told at once.
  plan::v1::Source source;
  source.set_topic_value(options.topic_value());
  source.set_descriptor_set(options.descriptor_set());
  source.set_message_type(options.message_type());
  return ingest::TopicValueReader::Create(source).status();
}

}  // namespace sluice::cli
