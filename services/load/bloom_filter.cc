#include "load/bloom_filter.h"

#include <algorithm>
#include <cstring>

namespace sluice::load {
namespace {

constexpr size_t kBloomBitsPerKey = 10;
constexpr size_t kBloomBlockWords = 8;
constexpr int kBloomProbes = 6;

// Spreads a hash into the filter's own bits, so that filter and fences do not depend on the same.
uint64_t Mix(uint64_t x) {
  x ^= x >> 33;
  x *= 0xff51afd7ed558ccdULL;
  x ^= x >> 33;
  x *= 0xc4ceb9fe1a85ec53ULL;
  return x ^ (x >> 33);
}

}  // namespace

BloomFilter::BloomFilter(size_t keys) {
  const size_t blocks = std::max<size_t>(1, keys * kBloomBitsPerKey / (64 * kBloomBlockWords) + 1);
  words_.assign(blocks * kBloomBlockWords, 0);
}

BloomFilter::BloomFilter(std::string_view bytes) : words_(bytes.size() / 8) {
  std::memcpy(words_.data(), bytes.data(), words_.size() * 8);
}

std::string_view BloomFilter::bytes() const {
  return {reinterpret_cast<const char*>(words_.data()), words_.size() * 8};
}

void BloomFilter::Add(uint64_t hash) {
  uint64_t bits = Mix(hash);
  const size_t blocks = words_.size() / kBloomBlockWords;
  uint64_t* block = &words_[((bits >> 32) * blocks >> 32) * kBloomBlockWords];
  for (int i = 0; i < kBloomProbes; ++i) {
    bits = bits * 0x9e3779b97f4a7c15ULL + 1;
    block[(bits >> 61)] |= uint64_t{1} << ((bits >> 50) & 63);
  }
}

bool BloomFilter::MayContain(uint64_t hash) const {
  if (words_.empty()) return false;
  uint64_t bits = Mix(hash);
  const size_t blocks = words_.size() / kBloomBlockWords;
  const uint64_t* block = &words_[((bits >> 32) * blocks >> 32) * kBloomBlockWords];
  for (int i = 0; i < kBloomProbes; ++i) {
    bits = bits * 0x9e3779b97f4a7c15ULL + 1;
    if ((block[(bits >> 61)] & (uint64_t{1} << ((bits >> 50) & 63))) == 0) return false;
  }
  return true;
}

}  // namespace sluice::load
