// One line of NDJSON, flattened to paths and texts.
#pragma once

#include <simdjson.h>

#include <functional>
#include <string>
#include <string_view>

namespace sluice::formats {

// Thread-compatible.
class JsonLine {
 public:
  // Called for each value that is not an object, in order. The views end with the next Parse. A
  // null has an empty value. Paths of nested values are `a.b`; a blank key is `_`.
  using Visitor = std::function<void(std::string_view path, std::string_view value)>;

  // False when the line is not one JSON object, wholly; values visited before are void then.
  // `line` has 32 (simdjson::SIMDJSON_PADDING) readable bytes after its end.
  bool Parse(std::string_view line, const Visitor& visit);

 private:
  simdjson::error_code VisitObject(simdjson::ondemand::object object, int depth,
                                   const Visitor& visit);
  simdjson::error_code VisitValue(simdjson::ondemand::value value, int depth, const Visitor& visit);
  // The text of an array, or of an object too deep to flatten, checked to be JSON.
  bool IsJson(std::string_view text);

  simdjson::ondemand::parser parser_;
  simdjson::dom::parser checker_;
  std::string path_;
};

}  // namespace sluice::formats
