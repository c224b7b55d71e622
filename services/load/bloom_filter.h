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
  std::string_view bytes() const;

 private:
  std::vector<uint64_t> words_;
};

}  // namespace sluice::load
