// The repairs: changes to what a person typed. Each has a name, is reported, and can be switched
// off.
#pragma once

#include <bit>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string_view>

namespace sluice::normalize {

// In the order in which they are made.
enum class Repair : uint8_t {
  kControlRemoved,
  kWidthFolded,
  kUnicodeComposed,
  kTrimmed,
  kWhitespaceCollapsed,
  kPlaceholderRemoved,
  kEmailNormalized,
  kPhoneFormatted,
  kUrlNormalized
};

inline constexpr size_t kRepairCount = 9;

// The name in issues and mappings: "control_removed".
std::string_view Name(Repair repair);
std::optional<Repair> RepairByName(std::string_view name);

// A set of repairs; a value of two bytes.
class RepairSet {
 public:
  constexpr RepairSet() = default;
  constexpr RepairSet(std::initializer_list<Repair> repairs) {
    for (const Repair repair : repairs) Add(repair);
  }

  constexpr void Add(Repair repair) { bits_ |= Bit(repair); }
  constexpr void Add(RepairSet other) { bits_ |= other.bits_; }
  constexpr bool Has(Repair repair) const { return (bits_ & Bit(repair)) != 0; }
  constexpr bool empty() const { return bits_ == 0; }
  constexpr size_t size() const { return static_cast<size_t>(std::popcount(bits_)); }

  // Gives the repairs in the order in which they are made.
  class Iterator {
   public:
    constexpr explicit Iterator(uint16_t bits) : bits_(bits) {}
    constexpr Repair operator*() const { return static_cast<Repair>(std::countr_zero(bits_)); }
    constexpr Iterator& operator++() {
      bits_ = static_cast<uint16_t>(bits_ & (bits_ - 1));
      return *this;
    }
    friend constexpr bool operator==(Iterator, Iterator) = default;

   private:
    uint16_t bits_;
  };
  constexpr Iterator begin() const { return Iterator(bits_); }
  constexpr Iterator end() const { return Iterator(0); }

  friend constexpr bool operator==(RepairSet, RepairSet) = default;

 private:
  static constexpr uint16_t Bit(Repair repair) {
    return static_cast<uint16_t>(1u << static_cast<unsigned>(repair));
  }
  uint16_t bits_ = 0;
};

}  // namespace sluice::normalize
