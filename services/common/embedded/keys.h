// The keys of the embedded log in RocksDB. On disk: never change them.
//
//   family log          topic(2) partition(2) base offset(8)      -> block (block.h)
//   family tables       topic(2) partition(2) offset(8)           -> key length(4) key value
//   family table_index  topic(2) partition(2) key                 -> offset(8)
//   family default      "id"                                      -> the log's id
//                       "partitions"                              -> their number
//                       "topic/<name>"                            -> topic number(2)
//                       "start/" topic(2) partition(2)            -> first offset kept(8)
//                       "end/" topic(2) partition(2)              -> end offset(8) when trimmed
//                       "group/<group>/" topic(2) partition(2)    -> next offset(8)
// All integers are big-endian.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/stream/record_batch.h"

namespace sluice::embedded {

void AppendBigEndian64(uint64_t value, std::string& out);
// Needs 8 bytes.
uint64_t ReadBigEndian64(std::string_view bytes);

std::string PartitionKey(stream::TopicPartition of);
std::string OffsetKey(stream::TopicPartition of, uint64_t offset);
// The offset at the end of an OffsetKey.
uint64_t OffsetOfKey(std::string_view key);
std::string StartKey(stream::TopicPartition of);
std::string EndKey(stream::TopicPartition of);
std::string GroupKey(std::string_view group, stream::TopicPartition of);

}  // namespace sluice::embedded
