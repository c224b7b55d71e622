#include "common/kafka/record_headers.h"

#include <array>
#include <charconv>
#include <string_view>

namespace sluice::kafka {
namespace {

constexpr std::string_view kImport = "import";
constexpr std::string_view kRow = "row";
constexpr std::string_view kKind = "kind";
constexpr std::string_view kEnd = "end";
constexpr std::string_view kResult = "result";

void Add(Headers& headers, std::string_view name, std::string_view value) {
  if (headers == nullptr) headers.reset(rd_kafka_headers_new(2));
  rd_kafka_header_add(headers.get(), name.data(), static_cast<ssize_t>(name.size()), value.data(),
                      static_cast<ssize_t>(value.size()));
}

}  // namespace

Headers EncodeHeaders(const stream::RecordHeaders& headers) {
  Headers encoded;
  if (!headers.import_id.empty()) Add(encoded, kImport, headers.import_id);
  if (headers.row != 0) {
    std::array<char, 20> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), headers.row).ptr;
    Add(encoded, kRow, {digits.data(), static_cast<size_t>(end - digits.data())});
  }
  if (headers.kind == stream::RecordKind::kEndOfImport) Add(encoded, kKind, kEnd);
  if (headers.kind == stream::RecordKind::kResult) Add(encoded, kKind, kResult);
  return encoded;
}

stream::RecordHeaders DecodeHeaders(const rd_kafka_message_t& message) {
  stream::RecordHeaders headers;
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
      headers.import_id = value;
    } else if (name == kRow) {
      std::from_chars(value.data(), value.data() + value.size(), headers.row);
    } else if (name == kKind) {
      headers.kind = value == kEnd ? stream::RecordKind::kEndOfImport : stream::RecordKind::kResult;
    }
  }
  return headers;
}

}  // namespace sluice::kafka
