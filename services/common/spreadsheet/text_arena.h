// Room for the texts of one row: what is put in stays where it is until all of it goes.
#pragma once

#include <algorithm>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

namespace sluice::spreadsheet {

// Thread-compatible.
class TextArena {
 public:
  // A copy that lives until Clear.
  std::string_view Add(std::string_view text) {
    if (text.empty()) return {};
    if (text.size() > left_) Grow(text.size());
    char* const copy = at_;
    std::memcpy(copy, text.data(), text.size());
    at_ += text.size();
    left_ -= text.size();
    return {copy, text.size()};
  }
  // Keeps one block for the next texts.
  void Clear() {
    if (blocks_.size() > 1) blocks_.resize(1);
    if (blocks_.empty()) return;
    at_ = blocks_[0].get();
    left_ = kBlock;
  }

 private:
  static constexpr size_t kBlock = 64 * 1024;

  void Grow(size_t least) {
    // The first block is the one that stays, so it has the usual size.
    if (blocks_.empty() && least > kBlock) blocks_.push_back(std::make_unique<char[]>(kBlock));
    left_ = std::max(kBlock, least);
    blocks_.push_back(std::make_unique<char[]>(left_));
    at_ = blocks_.back().get();
  }

  std::vector<std::unique_ptr<char[]>> blocks_;
  char* at_ = nullptr;
  size_t left_ = 0;
};

}  // namespace sluice::spreadsheet
