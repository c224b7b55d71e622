#include "common/base/ulid.h"

#include <openssl/rand.h>

#include <algorithm>

#include "common/base/check.h"

namespace sluice::base {
namespace {

constexpr char kAlphabet[] = "0123456789abcdefghjkmnpqrstvwxyz";

}  // namespace

void SystemRandom::Fill(unsigned char* bytes, size_t count) {
  SLUICE_CHECK(RAND_bytes(bytes, static_cast<int>(count)) == 1, "no random bytes");
}

std::string UlidGenerator::Next() {
  base::MutexLock lock(&mutex_);
  const uint64_t millis = static_cast<uint64_t>(absl::ToUnixMillis(clock_.Now()));
  if (millis > last_millis_) {
    last_millis_ = millis;
    random_.Fill(tail_.data(), tail_.size());
  } else {
    // Same millisecond, or the clock went back: count on from the last id.
    for (size_t i = tail_.size(); i-- > 0;) {
      if (++tail_[i] != 0) break;
    }
  }
  std::array<unsigned char, 16> bytes;
  for (int i = 0; i < 6; ++i) bytes[i] = static_cast<unsigned char>(last_millis_ >> (40 - 8 * i));
  std::copy(tail_.begin(), tail_.end(), bytes.begin() + 6);
  // 128 bits in 26 digits of 5 bits: two leading zero bits.
  std::string text(kUlidLength, '0');
  unsigned buffer = 0;
  int bits = 2;
  size_t out = 0;
  for (unsigned char byte : bytes) {
    buffer = (buffer << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text[out++] = kAlphabet[(buffer >> bits) & 31];
    }
    buffer &= (1u << bits) - 1;
  }
  return text;
}

std::string RandomName(Random& random) {
  std::array<unsigned char, kUlidLength> bytes;
  random.Fill(bytes.data(), bytes.size());
  std::string name;
  for (const unsigned char byte : bytes) name += kAlphabet[byte & 31];
  return name;
}

bool IsUlid(std::string_view text) {
  return text.size() == kUlidLength && text.find_first_not_of(kAlphabet) == std::string_view::npos;
}

}  // namespace sluice::base
