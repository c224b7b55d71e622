// A result as messages: with every issue of a batch in one, an ordinary file of repairs is more
// than a Kafka message may be.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "sluice/record/v1/result.pb.h"

namespace sluice::pipeline {

namespace recordpb = ::sluice::record::v1;

// Of a message of results: well below Kafka's message.max.bytes, and above every single row or
// issue (ResultBuilder cuts their texts). Counts come on top; they are few.
inline constexpr size_t kResultBytesMax = 256u << 10;

// The result serialised, in as many parts as it takes (StageResult.part and .more). A row or issue
// larger than `bytes_max` is a part of its own. All parts are to be appended to one partition in
// this order.
std::vector<std::string> SerializeInParts(recordpb::StageResult result, size_t bytes_max);

}  // namespace sluice::pipeline
