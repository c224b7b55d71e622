// The custom column: a JSON object of the fields a dataset does not have. Kept as tokens, so that
// what other programs put there stays as it is. Values that did not fit stand in the nested object
// "_unfit"; here their names are "_unfit.<field>".
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace sluice::load {

// Name to JSON token, ascending.
using CustomFields = std::map<std::string, std::string, std::less<>>;

// False when the text is no JSON object, or one that RenderCustom could not give back (a key twice,
// "_unfit" that is no object); empty text is an empty object.
bool ParseCustom(std::string_view json, CustomFields& fields);

// JSON text; empty for no fields.
std::string RenderCustom(const CustomFields& fields);

// A JSON string in quotes.
void AppendJsonString(std::string_view text, std::string& out);
std::string JsonString(std::string_view text);

}  // namespace sluice::load
