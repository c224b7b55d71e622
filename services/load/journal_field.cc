#include "load/journal_field.h"

#include "common/base/wire.h"

namespace sluice::load {

void AppendJournalField(uint32_t field, const std::optional<std::string_view>& before,
                        const std::optional<std::string_view>& written, std::string& scratch,
                        std::string& out) {
  scratch.clear();
  base::WireWriter fields(scratch);
  fields.Varint(1, field);
  if (before.has_value()) fields.Element(2, *before);
  if (written.has_value()) fields.Element(3, *written);
  base::WireWriter(out).Element(1, scratch);
}

void AppendJournalField(uint32_t field, const JournalChange& change, std::string& scratch,
                        std::string& out) {
  scratch.clear();
  base::WireWriter fields(scratch);
  fields.Varint(1, field);
  if (change.before.has_value()) fields.Element(2, *change.before);
  if (change.written.has_value()) fields.Element(3, *change.written);
  fields.Varint(4, change.wall ? 1 : 0);
  base::WireWriter(out).Element(1, scratch);
}

}  // namespace sluice::load
