// What a stage wants to remember, as data: keys and values below the partition of its records.
// State is the runner's to write, together with the records it came from.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"

namespace sluice::stream {

// Views must live until the transaction has taken them.
struct StateChange {
  enum class Kind : uint8_t { kPut, kDelete, kDropPrefix };
  Kind kind = Kind::kPut;
  uint32_t partition = 0;
  std::string_view key;
  std::string_view value;
};

// Reads state as of everything committed so far. Thread-safe.
class StateReader {
 public:
  virtual ~StateReader() = default;
  // values[i] for keys[i]; found[i] says whether there is one. Keys are distinct and ascending.
  virtual absl::Status MultiGet(uint32_t partition, const std::vector<std::string_view>& keys,
                                std::vector<std::string>& values,
                                std::vector<bool>& found) const = 0;
};

}  // namespace sluice::stream
