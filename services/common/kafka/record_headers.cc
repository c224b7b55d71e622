#include "common/kafka/record_headers.h"

#include <array>
#include <charconv>
#include <string_view>

namespace sluice::kafka {
namespace {

constexpr std::string_view kImport = "import";
constexpr std::string_view kRow = "row";
constexpr std::string_view kKind = "kind";
constexpr std::string_view kRecords = "records";
constexpr std::string_view kBlock = "block";
constexpr std::string_view kEnd = "end";
constexpr std::string_view kResult = "result";

void Add(Headers& headers, std::string_view name, std::string_view value) {
  if (headers == nullptr) headers.reset(rd_kafka_headers_new(2));
  rd_kafka_header_add(headers.get(), name.data(), static_cast<ssize_t>(name.size()), value.data(),
                      static_cast<ssize_t>(value.size()));
}

void AddNumber(Headers& headers, std::string_view name, uint64_t number) {
  std::array<char, 20> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  Add(headers, name, {digits.data(), static_cast<size_t>(end - digits.data())});
}

}  // namespace

Headers EncodeHeaders(const MessageHeaders& headers) {
  Headers encoded;
  if (!headers.record.import_id.empty()) Add(encoded, kImport, headers.record.import_id);
  if (headers.record.row != 0) AddNumber(encoded, kRow, headers.record.row);
  if (headers.record.kind == stream::RecordKind::kEndOfImport) Add(encoded, kKind, kEnd);
  if (headers.record.kind == stream::RecordKind::kResult) Add(encoded, kKind, kResult);
  if (headers.block_records != 0) {
    Add(encoded, kKind, kBlock);
    AddNumber(encoded, kRecords, headers.block_records);
  }
  for (const stream::NamedHeader& header : headers.record.named) {
    Add(encoded, header.name, header.value);
  }
  return encoded;
}

MessageHeaders DecodeHeaders(const rd_kafka_message_t& message) {
  MessageHeaders headers;
  bool block = false;
  rd_kafka_headers_t* encoded = nullptr;
  if (rd_kafka_message_headers(&message, &encoded) != RD_KAFKA_RESP_ERR_NO_ERROR) return headers;
  const char* name = nullptr;
  const void* bytes = nullptr;
  size_t size = 0;
  for (size_t i = 0;
       rd_kafka_header_get_all(encoded, i, &name, &bytes, &size) == RD_KAFKA_RESP_ERR_NO_ERROR;
       ++i) {
    const std::string_view value(static_cast<const char*>(bytes), size);
    if (name == kImport) {
      headers.record.import_id = value;
    } else if (name == kRow) {
      std::from_chars(value.data(), value.data() + value.size(), headers.record.row);
    } else if (name == kRecords) {
      std::from_chars(value.data(), value.data() + value.size(), headers.block_records);
    } else if (name == kKind) {
      block = value == kBlock;
      if (value == kEnd) headers.record.kind = stream::RecordKind::kEndOfImport;
      if (value == kResult) headers.record.kind = stream::RecordKind::kResult;
    }
  }
  if (!block) headers.block_records = 0;
  return headers;
}

}  // namespace sluice::kafka
