#include "load/matched_rows.h"

#include <cstring>

#include "common/base/wire.h"

namespace sluice::load {

base::Hash128 DigestOf(const SinkRow& row) {
  std::string text;
  base::WireWriter out(text);
  out.RawVarint(static_cast<uint64_t>(row.id));
  const auto add = [&](std::string_view value) {
    out.RawVarint(value.size() + 1);
    text += value;
  };
  for (const auto& field : row.fields) {
    if (field.has_value()) {
      add(*field);
    } else {
      out.RawVarint(0);
    }
  }
  add(row.custom);
  return base::KeyedHash({}, text);
}

void MatchedRows::Add(const SinkRow& row, uint64_t source_row) {
  std::array<uint64_t, 2> parts{};
  const base::Hash128 digest = DigestOf(row);
  std::memcpy(parts.data(), digest.bytes.data(), sizeof parts);
  // Sums, not exclusive ors: a row that counts twice does not vanish.
  sum_[0] += parts[0];
  sum_[1] += parts[1];
  ++count_;
  if (named_.size() < kNamed) named_.push_back({row.id, source_row, parts[0]});
}

std::string MatchedRows::digest() const {
  std::string bytes(sizeof sum_, '\0');
  std::memcpy(bytes.data(), sum_.data(), sizeof sum_);
  return bytes;
}

}  // namespace sluice::load
