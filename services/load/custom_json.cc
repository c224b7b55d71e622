#include "load/custom_json.h"

#include <simdjson.h>

#include <algorithm>
#include <utility>

namespace sluice::load {
namespace {

constexpr std::string_view kUnfit = "_unfit";

std::string_view Trimmed(std::string_view token) {
  const size_t end = token.find_last_not_of(" \n\r\t");
  return token.substr(0, end == std::string_view::npos ? 0 : end + 1);
}

// Takes digits off the front; false when there is none.
bool TakeDigits(std::string_view& text) {
  const size_t end = std::min(text.find_first_not_of("0123456789"), text.size());
  text.remove_prefix(end);
  return end > 0;
}

bool ValidNumber(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  if (text.size() > 1 && text[0] == '0' && text[1] >= '0' && text[1] <= '9') return false;
  if (!TakeDigits(text)) return false;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    if (!TakeDigits(text)) return false;
  }
  if (text.starts_with('e') || text.starts_with('E')) {
    text.remove_prefix(1);
    if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
    if (!TakeDigits(text)) return false;
  }
  return text.empty();
}

bool Valid(simdjson::ondemand::object object);

bool Valid(simdjson::ondemand::value value) {
  simdjson::ondemand::json_type type;
  if (value.type().get(type) != simdjson::SUCCESS) return false;
  switch (type) {
    case simdjson::ondemand::json_type::object: {
      simdjson::ondemand::object object;
      return value.get_object().get(object) == simdjson::SUCCESS && Valid(object);
    }
    case simdjson::ondemand::json_type::array: {
      simdjson::ondemand::array array;
      if (value.get_array().get(array) != simdjson::SUCCESS) return false;
      for (auto element : array) {
        simdjson::ondemand::value inner;
        if (std::move(element).get(inner) != simdjson::SUCCESS || !Valid(inner)) return false;
      }
      return true;
    }
    case simdjson::ondemand::json_type::string:
      return value.get_string().error() == simdjson::SUCCESS;
    case simdjson::ondemand::json_type::number:
      return ValidNumber(Trimmed(value.raw_json_token()));
    default: {
      const std::string_view token = Trimmed(value.raw_json_token());
      return token == "true" || token == "false" || token == "null";
    }
  }
}

bool Valid(simdjson::ondemand::object object) {
  for (auto entry : object) {
    simdjson::ondemand::field field;
    std::string_view key;
    if (std::move(entry).get(field) != simdjson::SUCCESS ||
        field.unescaped_key().get(key) != simdjson::SUCCESS || !Valid(field.value())) {
      return false;
    }
  }
  return true;
}

// The raw text of a value: a scalar token, an object or an array.
bool RawText(simdjson::ondemand::value value, std::string& out) {
  simdjson::ondemand::json_type type;
  if (value.type().get(type) != simdjson::SUCCESS) return false;
  std::string_view raw;
  if (type == simdjson::ondemand::json_type::object) {
    simdjson::ondemand::object object;
    if (value.get_object().get(object) != simdjson::SUCCESS ||
        object.raw_json().get(raw) != simdjson::SUCCESS) {
      return false;
    }
  } else if (type == simdjson::ondemand::json_type::array) {
    simdjson::ondemand::array array;
    if (value.get_array().get(array) != simdjson::SUCCESS ||
        array.raw_json().get(raw) != simdjson::SUCCESS) {
      return false;
    }
  } else {
    raw = value.raw_json_token();
  }
  out = Trimmed(raw);
  return true;
}

bool ReadObject(simdjson::ondemand::object object, std::string_view prefix, CustomFields& fields) {
  bool unfit_seen = false;
  for (auto entry : object) {
    simdjson::ondemand::field field;
    if (std::move(entry).get(field) != simdjson::SUCCESS) return false;
    std::string_view key;
    if (field.unescaped_key().get(key) != simdjson::SUCCESS) return false;
    std::string name =
        prefix.empty() ? std::string(key) : std::string(prefix) + "." + std::string(key);
    simdjson::ondemand::value value = field.value();
    simdjson::ondemand::json_type type;
    if (value.type().get(type) != simdjson::SUCCESS) return false;
    if (prefix.empty() && key.starts_with(kUnfit)) {
      // Rendered, these would not be what they were.
      if (key != kUnfit && key[kUnfit.size()] == '.') return false;
      if (key == kUnfit && type != simdjson::ondemand::json_type::object) return false;
    }
    if (prefix.empty() && key == kUnfit) {
      if (std::exchange(unfit_seen, true)) return false;
      simdjson::ondemand::object nested;
      if (value.get_object().get(nested) != simdjson::SUCCESS) return false;
      if (!ReadObject(nested, kUnfit, fields)) return false;
      continue;
    }
    const auto [slot, added] = fields.try_emplace(std::move(name));
    if (!added || !RawText(value, slot->second)) return false;
  }
  return true;
}

}  // namespace

bool ParseCustom(std::string_view json, CustomFields& fields) {
  fields.clear();
  if (json.empty()) return true;
  thread_local simdjson::ondemand::parser parser;
  const simdjson::padded_string padded(json);
  simdjson::ondemand::document document;
  simdjson::ondemand::object object;
  // The on-demand parser looks at no more than it is asked for.
  if (parser.iterate(padded).get(document) != simdjson::SUCCESS ||
      document.get_object().get(object) != simdjson::SUCCESS || !Valid(object) ||
      document.current_location().error() != simdjson::OUT_OF_BOUNDS) {
    return false;
  }
  if (parser.iterate(padded).get(document) != simdjson::SUCCESS ||
      document.get_object().get(object) != simdjson::SUCCESS || !ReadObject(object, "", fields)) {
    fields.clear();
    return false;
  }
  return true;
}

std::string RenderCustom(const CustomFields& fields) {
  if (fields.empty()) return "";
  const std::string unfit_prefix = std::string(kUnfit) + ".";
  std::string out = "{";
  std::string unfit;
  for (const auto& [name, token] : fields) {
    std::string& target = name.starts_with(unfit_prefix) ? unfit : out;
    if (&target == &out ? out.size() > 1 : !unfit.empty()) target.push_back(',');
    AppendJsonString(&target == &out ? std::string_view(name)
                                     : std::string_view(name).substr(unfit_prefix.size()),
                     target);
    target.push_back(':');
    target += token;
  }
  if (!unfit.empty()) {
    if (out.size() > 1) out.push_back(',');
    AppendJsonString(kUnfit, out);
    out += ":{" + unfit + "}";
  }
  out.push_back('}');
  return out;
}

void AppendJsonString(std::string_view text, std::string& out) {
  constexpr char kHex[] = "0123456789abcdef";
  out.push_back('"');
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte == '"' || byte == '\\') {
      out.push_back('\\');
      out.push_back(c);
    } else if (byte < 0x20) {
      switch (c) {
        case '\n':
          out += "\\n";
          break;
        case '\r':
          out += "\\r";
          break;
        case '\t':
          out += "\\t";
          break;
        default:
          out += "\\u00";
          out.push_back(kHex[byte >> 4]);
          out.push_back(kHex[byte & 15]);
      }
    } else {
      out.push_back(c);
    }
  }
  out.push_back('"');
}

std::string JsonString(std::string_view text) {
  std::string out;
  out.reserve(text.size() + 2);
  AppendJsonString(text, out);
  return out;
}

}  // namespace sluice::load
