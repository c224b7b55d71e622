// What sinks share about their journals.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "load/sink.h"

namespace sluice::load {

// Appends a field to a storage.v1.JournalFields; `scratch` is overwritten.
void AppendJournalField(uint32_t field, const std::optional<std::string_view>& before,
                        const std::optional<std::string_view>& written, std::string& scratch,
                        std::string& out);
// The same of a change, with all it knows.
void AppendJournalField(uint32_t field, const JournalChange& change, std::string& scratch,
                        std::string& out);

}  // namespace sluice::load
