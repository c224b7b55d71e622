#include "load/bloom_filter.h"

#include <algorithm>
#include <cstring>

namespace sluice::load {
namespace {

constexpr size_t kBloomBitsPerKey = 10;
constexpr int kBloomProbes = 6;

}  // namespace

BloomFilter::BloomFilter(size_t keys) {
  const size_t blocks = std::max<size_t>(1, keys * kBloomBitsPerKey / (64 * kBlockWords) + 1);
  words_.assign(blocks * kBlockWords, 0);
}

BloomFilter::BloomFilter(std::string_view bytes) : words_(bytes.size() / 8) {
  std::memcpy(words_.data(), bytes.data(), words_.size() * 8);
}

std::string_view BloomFilter::bytes() const {
  return {reinterpret_cast<const char*>(words_.data()), words_.size() * 8};
}

void BloomFilter::Add(uint64_t hash) {
  uint64_t bits = Mix(hash);
  uint64_t* block = &words_[BlockOf(bits)];
  for (int i = 0; i < kBloomProbes; ++i) {
    bits = bits * 0x9e3779b97f4a7c15ULL + 1;
    block[(bits >> 61)] |= uint64_t{1} << ((bits >> 50) & 63);
  }
}

bool BloomFilter::MayContain(uint64_t hash) const {
  if (words_.empty()) return false;
  uint64_t bits = Mix(hash);
  const uint64_t* block = &words_[BlockOf(bits)];
  for (int i = 0; i < kBloomProbes; ++i) {
    bits = bits * 0x9e3779b97f4a7c15ULL + 1;
    if ((block[(bits >> 61)] & (uint64_t{1} << ((bits >> 50) & 63))) == 0) return false;
  }
  return true;
}

}  // namespace sluice::load
