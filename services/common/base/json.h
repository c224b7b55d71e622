// Writing JSON text by hand, where a document is small or has one fixed shape.
#pragma once

#include <string>
#include <string_view>

namespace sluice::base {

// Appends `text` as a JSON string with its quotes. Control characters are escaped, so a value never
// breaks a line; bytes that are not UTF-8 become U+FFFD.
void AppendJsonString(std::string& out, std::string_view text);
// The same alone. A JSON text is one of YAML too.
std::string JsonString(std::string_view text);

}  // namespace sluice::base
