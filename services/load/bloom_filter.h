// A blocked Bloom filter (Putze, Sanders, Singler 2007): one cache line a key.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace sluice::load {

// A blocked Bloom filter: one cache line a key. Serialisable as its bytes.
class BloomFilter {
 public:
  BloomFilter() = default;
  explicit BloomFilter(size_t keys);
  explicit BloomFilter(std::string_view bytes);
  void Add(uint64_t hash);
  bool MayContain(uint64_t hash) const;
  // Starts to bring what MayContain will look at into the cache.
  void Prefetch(uint64_t hash) const {
    if (!words_.empty()) __builtin_prefetch(&words_[BlockOf(Mix(hash))]);
  }
  std::string_view bytes() const;

 private:
  static constexpr size_t kBlockWords = 8;

  // Spreads a hash into the filter's own bits, so that filter and fences do not depend on the same.
  static uint64_t Mix(uint64_t x) {
    x ^= x >> 33;
    x *= 0xff51afd7ed558ccdULL;
    x ^= x >> 33;
    x *= 0xc4ceb9fe1a85ec53ULL;
    return x ^ (x >> 33);
  }
  size_t BlockOf(uint64_t bits) const {
    const size_t blocks = words_.size() / kBlockWords;
    return ((bits >> 32) * blocks >> 32) * kBlockWords;
  }

  std::vector<uint64_t> words_;
};

}  // namespace sluice::load
