#include "common/base/hash.h"

#include <openssl/evp.h>

#include <bit>
#include <cstring>

#include "common/base/check.h"

namespace sluice::base {
namespace {

struct SipState {
  uint64_t v0, v1, v2, v3;

  void Round() {
    v0 += v1;
    v1 = std::rotl(v1, 13) ^ v0;
    v0 = std::rotl(v0, 32);
    v2 += v3;
    v3 = std::rotl(v3, 16) ^ v2;
    v0 += v3;
    v3 = std::rotl(v3, 21) ^ v0;
    v2 += v1;
    v1 = std::rotl(v1, 17) ^ v2;
    v2 = std::rotl(v2, 32);
  }
  void Absorb(uint64_t word) {
    v3 ^= word;
    Round();
    Round();
    v0 ^= word;
  }
  uint64_t Finish() {
    for (int i = 0; i < 4; ++i) Round();
    return v0 ^ v1 ^ v2 ^ v3;
  }
};

uint64_t Load64(const unsigned char* p) {
  uint64_t value;
  std::memcpy(&value, p, sizeof(value));
  return value;  // Little-endian machines only, as everything else here.
}

SipState Digest(const HashKey& key, std::string_view data) {
  static_assert(std::endian::native == std::endian::little);
  const uint64_t k0 = Load64(key.data());
  const uint64_t k1 = Load64(key.data() + 8);
  SipState s{0x736f6d6570736575ULL ^ k0, 0x646f72616e646f6dULL ^ k1 ^ 0xee,
             0x6c7967656e657261ULL ^ k0, 0x7465646279746573ULL ^ k1};
  const auto* p = reinterpret_cast<const unsigned char*>(data.data());
  size_t left = data.size();
  for (; left >= 8; left -= 8, p += 8) s.Absorb(Load64(p));
  uint64_t last = static_cast<uint64_t>(data.size()) << 56;
  for (size_t i = 0; i < left; ++i) last |= static_cast<uint64_t>(p[i]) << (8 * i);
  s.Absorb(last);
  s.v2 ^= 0xee;
  return s;
}

}  // namespace

Hash128 Hash128::FromBytes(std::string_view bytes) {
  SLUICE_CHECK(bytes.size() == 16, "a hash has 16 bytes");
  Hash128 hash;
  std::memcpy(hash.bytes.data(), bytes.data(), 16);
  return hash;
}

Hash128 KeyedHash(const HashKey& key, std::string_view data) {
  SipState s = Digest(key, data);
  const uint64_t low = s.Finish();
  s.v1 ^= 0xdd;
  const uint64_t high = s.Finish();
  Hash128 hash;
  std::memcpy(hash.bytes.data(), &low, 8);
  std::memcpy(hash.bytes.data() + 8, &high, 8);
  return hash;
}

uint64_t KeyedHash64(const HashKey& key, std::string_view data) {
  SipState s = Digest(key, data);
  return s.Finish();
}

std::string Hex(std::string_view bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const unsigned char byte : bytes) {
    text.push_back(kDigits[byte >> 4]);
    text.push_back(kDigits[byte & 15]);
  }
  return text;
}

std::string Sha256Hex(std::string_view data) {
  Sha256 hash;
  hash.Update(data);
  return hash.FinishHex();
}

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
  SLUICE_CHECK(EVP_DigestInit_ex(static_cast<EVP_MD_CTX*>(context_), EVP_sha256(), nullptr) == 1,
               "SHA-256 is not available");
}

Sha256::~Sha256() {
  EVP_MD_CTX_free(static_cast<EVP_MD_CTX*>(context_));
}

void Sha256::Update(std::string_view data) {
  SLUICE_CHECK(EVP_DigestUpdate(static_cast<EVP_MD_CTX*>(context_), data.data(), data.size()) == 1,
               "SHA-256 failed");
}

std::string Sha256::FinishHex() {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  SLUICE_CHECK(EVP_DigestFinal_ex(static_cast<EVP_MD_CTX*>(context_), digest, &size) == 1,
               "SHA-256 failed");
  return Hex({reinterpret_cast<const char*>(digest), size});
}

}  // namespace sluice::base
