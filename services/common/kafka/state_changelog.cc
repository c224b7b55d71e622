#include "common/kafka/state_changelog.h"

#include "common/base/hash.h"
#include "common/base/wire.h"
#include "sluice/storage/v1/storage.pb.h"

namespace sluice::kafka {
namespace {

using stream::StateChange;
using storagepb = ::sluice::storage::v1::BlockChange;

constexpr size_t kBytesMax = 128u << 10;
constexpr char kBlock = 'b';
// Fields of StateBlock and BlockChange.
constexpr uint32_t kChanges = 1;
constexpr uint32_t kKind = 1;
constexpr uint32_t kKey = 2;
constexpr uint32_t kValue = 3;

uint64_t NumberOf(StateChange::Kind kind) {
  switch (kind) {
    case StateChange::Kind::kDelete:
      return storagepb::KIND_DELETE;
    case StateChange::Kind::kDropPrefix:
      return storagepb::KIND_DROP_PREFIX;
    case StateChange::Kind::kPut:
      break;
  }
  return storagepb::KIND_PUT;
}

bool ReadChange(std::string_view bytes, StateChange& change) {
  uint64_t kind = 0;
  base::WireReader in(bytes);
  while (in.Next()) {
    if (in.field() == kKind) kind = in.varint();
    if (in.field() == kKey) change.key = in.bytes();
    if (in.field() == kValue) change.value = in.bytes();
  }
  if (kind == storagepb::KIND_DELETE) change.kind = StateChange::Kind::kDelete;
  if (kind == storagepb::KIND_DROP_PREFIX) change.kind = StateChange::Kind::kDropPrefix;
  return in.ok() && kind >= storagepb::KIND_PUT && kind <= storagepb::KIND_DROP_PREFIX;
}

}  // namespace

void StateBlock::Add(const StateChange& change) {
  base::WireWriter out(bytes_);
  const size_t mark = out.Begin(kChanges);
  out.Varint(kKind, NumberOf(change.kind));
  out.Bytes(kKey, change.key);
  if (change.kind == StateChange::Kind::kPut) out.Bytes(kValue, change.value);
  out.End(mark);
}

bool StateBlock::full() const {
  return bytes_.size() >= kBytesMax;
}

ChangelogRecord StateBlock::Record() const {
  constexpr base::HashKey kNoSecret{};
  ChangelogRecord record;
  record.key.push_back(kBlock);
  record.key += base::KeyedHash(kNoSecret, bytes_).view();
  record.value = bytes_;
  return record;
}

bool VisitChanges(uint32_t partition, std::string_view key, std::optional<std::string_view> value,
                  const ChangeVisitor& visit) {
  if (key.empty() || key[0] != kBlock || !value.has_value()) return false;
  base::WireReader in(*value);
  while (in.Next()) {
    if (in.field() != kChanges) continue;
    StateChange change;
    change.partition = partition;
    if (!ReadChange(in.bytes(), change)) return false;
    visit(change);
  }
  return in.ok();
}

}  // namespace sluice::kafka
