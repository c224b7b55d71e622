// Finds the encoding of text from samples of it.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "common/formats/source_shape.h"

namespace sluice::formats {

// A stretch of a file, as bytes.
struct Sample {
  std::string_view bytes;
  uint64_t offset = 0;  // in the file
  bool to_end = false;  // the stretch ends with the file
};

struct FoundEncoding {
  Encoding encoding = Encoding::kUtf8;
  bool bom = false;
  Finding finding;
};

// `samples` ascend, the first is the file's head and not empty. In this order: byte order mark,
// NUL pattern of UTF-16, strict UTF-8, and then the encoding under which the samples read best.
// Nothing when the bytes are no text.
std::optional<FoundEncoding> DetectEncoding(const std::vector<Sample>& samples);

// True when every sample is ASCII: then they say nothing about the rest of the file.
bool IsAscii(const std::vector<Sample>& samples);

}  // namespace sluice::formats
