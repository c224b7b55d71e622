// Places in a text that is read once, front to back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace sluice::formats {

// Offsets ascend, in what is added and in what is asked. Thread-compatible.
class TextMarks {
 public:
  void Add(uint64_t offset) { offsets_.push_back(offset); }
  // Whether there is one in [from, to); those before `from` are not asked for again.
  bool Any(uint64_t from, uint64_t to) {
    while (next_ < offsets_.size() && offsets_[next_] < from) ++next_;
    return next_ < offsets_.size() && offsets_[next_] < to;
  }
  // Gives back the memory of those that are not asked for again.
  void Forget() {
    offsets_.erase(offsets_.begin(), offsets_.begin() + static_cast<ptrdiff_t>(next_));
    next_ = 0;
  }
  void Clear() {
    offsets_.clear();
    next_ = 0;
  }

 private:
  std::vector<uint64_t> offsets_;
  size_t next_ = 0;
};

}  // namespace sluice::formats
