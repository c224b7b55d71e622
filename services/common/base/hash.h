// The two hashes of Sluice. Neither is ever computed again from another stage's input: the hash in
// a record is authoritative.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace sluice::base {

// 128 bits, compared and stored as bytes.
struct Hash128 {
  std::array<unsigned char, 16> bytes{};

  friend bool operator==(const Hash128&, const Hash128&) = default;
  friend auto operator<=>(const Hash128&, const Hash128&) = default;
  std::string_view view() const {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
  static Hash128 FromBytes(std::string_view bytes);
};

// The secret of the installation; see KeyedHash.
using HashKey = std::array<unsigned char, 16>;

// SipHash-2-4 with 128 bits of output (Aumasson, Bernstein 2012; the reference's 128-bit variant).
// For identities: cannot be reversed, or collided on purpose, without the key.
Hash128 KeyedHash(const HashKey& key, std::string_view data);

// 64 bits of the same function, for indexes whose hits are verified.
uint64_t KeyedHash64(const HashKey& key, std::string_view data);

// Bytes as lower-case hexadecimal digits.
std::string Hex(std::string_view bytes);

// SHA-256 as 64 lower-case hexadecimal digits; names stored uploads and plans.
std::string Sha256Hex(std::string_view data);

// SHA-256 of data that comes in pieces.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;
  void Update(std::string_view data);
  // The digest; the object must not be used after.
  std::string FinishHex();

 private:
  void* context_;
};

}  // namespace sluice::base
