#include "load/custom_json.h"

#include <simdjson.h>

namespace sluice::load {
namespace {

constexpr std::string_view kUnfit = "_unfit";

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
  while (!raw.empty() &&
         (raw.back() == ' ' || raw.back() == '\n' || raw.back() == '\r' || raw.back() == '\t')) {
    raw.remove_suffix(1);
  }
  out = raw;
  return true;
}

bool ReadObject(simdjson::ondemand::object object, std::string_view prefix, CustomFields& fields) {
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
    if (prefix.empty() && key == kUnfit && type == simdjson::ondemand::json_type::object) {
      simdjson::ondemand::object nested;
      if (value.get_object().get(nested) != simdjson::SUCCESS) return false;
      if (!ReadObject(nested, kUnfit, fields)) return false;
      continue;
    }
    if (!RawText(value, fields[std::move(name)])) return false;
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
