// Numbers of binary formats, least byte first. What lies beyond the bytes is 0.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace sluice::spreadsheet {

inline uint8_t U8(std::string_view bytes, size_t at) {
  return at < bytes.size() ? static_cast<uint8_t>(bytes[at]) : uint8_t{0};
}

inline uint16_t U16(std::string_view bytes, size_t at) {
  return static_cast<uint16_t>(U8(bytes, at) | U8(bytes, at + 1) << 8);
}

inline uint32_t U32(std::string_view bytes, size_t at) {
  return U16(bytes, at) | static_cast<uint32_t>(U16(bytes, at + 2)) << 16;
}

inline double F64(std::string_view bytes, size_t at) {
  const uint64_t bits = U32(bytes, at) | static_cast<uint64_t>(U32(bytes, at + 4)) << 32;
  double value = 0;
  std::memcpy(&value, &bits, sizeof(value));
  return value;
}

}  // namespace sluice::spreadsheet
