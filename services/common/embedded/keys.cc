#include "common/embedded/keys.h"

#include "common/base/check.h"

namespace sluice::embedded {

void AppendBigEndian64(uint64_t value, std::string& out) {
  for (int shift = 56; shift >= 0; shift -= 8) out.push_back(static_cast<char>(value >> shift));
}

uint64_t ReadBigEndian64(std::string_view bytes) {
  SLUICE_CHECK(bytes.size() == 8, "an offset has eight bytes");
  uint64_t value = 0;
  for (const unsigned char byte : bytes) value = (value << 8) | byte;
  return value;
}

std::string PartitionKey(stream::TopicPartition of) {
  std::string key;
  key.push_back(static_cast<char>(of.topic >> 8));
  key.push_back(static_cast<char>(of.topic));
  key.push_back(static_cast<char>(of.partition >> 8));
  key.push_back(static_cast<char>(of.partition));
  return key;
}

std::string OffsetKey(stream::TopicPartition of, uint64_t offset) {
  std::string key = PartitionKey(of);
  AppendBigEndian64(offset, key);
  return key;
}

uint64_t OffsetOfKey(std::string_view key) {
  SLUICE_CHECK(key.size() == 12, "an offset key has twelve bytes");
  return ReadBigEndian64(key.substr(4));
}

std::string StartKey(stream::TopicPartition of) {
  return "start/" + PartitionKey(of);
}
std::string EndKey(stream::TopicPartition of) {
  return "end/" + PartitionKey(of);
}

std::string GroupKey(std::string_view group, stream::TopicPartition of) {
  return "group/" + std::string(group) + "/" + PartitionKey(of);
}

}  // namespace sluice::embedded
