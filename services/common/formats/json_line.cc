#include "common/formats/json_line.h"

#include <utility>

#include "common/formats/record_splitter.h"

namespace sluice::formats {
namespace {

// Objects nested deeper than this are kept as JSON text.
constexpr int kMaxDepth = 16;

// A column must have a name.
constexpr std::string_view kBlankKey = "_";

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}

// RFC 8259, section 6.
bool IsJsonNumber(std::string_view text) {
  size_t at = 0;
  const auto digits = [&] {
    const size_t from = at;
    while (at < text.size() && IsDigit(text[at])) ++at;
    return at - from;
  };
  if (at < text.size() && text[at] == '-') ++at;
  const bool zero = at < text.size() && text[at] == '0';
  const size_t whole = digits();
  if (whole == 0 || (zero && whole > 1)) return false;
  if (at < text.size() && text[at] == '.') {
    ++at;
    if (digits() == 0) return false;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
    if (digits() == 0) return false;
  }
  return at == text.size();
}

std::string_view TrimJsonSpace(std::string_view text) {
  const auto space = [](char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; };
  while (!text.empty() && space(text.back())) text.remove_suffix(1);
  while (!text.empty() && space(text.front())) text.remove_prefix(1);
  return text;
}

}  // namespace

bool JsonLine::Parse(std::string_view line, const Visitor& visit) {
  simdjson::ondemand::document document;
  const simdjson::padded_string_view padded(line.data(), line.size(),
                                            line.size() + simdjson::SIMDJSON_PADDING);
  if (parser_.iterate(padded).get(document) != simdjson::SUCCESS) return false;
  simdjson::ondemand::object object;
  if (document.get_object().get(object) != simdjson::SUCCESS) return false;
  path_.clear();
  if (VisitObject(object, 0, visit) != simdjson::SUCCESS) return false;
  const char* rest = nullptr;
  return document.current_location().get(rest) == simdjson::OUT_OF_BOUNDS;
}

simdjson::error_code JsonLine::VisitObject(simdjson::ondemand::object object, int depth,
                                           const Visitor& visit) {
  const size_t prefix = path_.size();
  for (auto entry : object) {
    simdjson::ondemand::field field;
    if (const auto error = std::move(entry).get(field)) return error;
    std::string_view key;
    if (const auto error = field.unescaped_key().get(key)) return error;
    if (prefix > 0) path_.push_back('.');
    path_.append(IsBlank(key) ? kBlankKey : key);
    if (const auto error = VisitValue(field.value(), depth, visit)) return error;
    path_.resize(prefix);
  }
  return simdjson::SUCCESS;
}

simdjson::error_code JsonLine::VisitValue(simdjson::ondemand::value value, int depth,
                                          const Visitor& visit) {
  simdjson::ondemand::json_type type;
  if (const auto error = value.type().get(type)) return error;
  std::string_view text;
  switch (type) {
    case simdjson::ondemand::json_type::object: {
      simdjson::ondemand::object object;
      if (const auto error = value.get_object().get(object)) return error;
      if (depth + 1 < kMaxDepth) return VisitObject(object, depth + 1, visit);
      if (const auto error = object.raw_json().get(text)) return error;
      break;
    }
    case simdjson::ondemand::json_type::array: {
      simdjson::ondemand::array array;
      if (const auto error = value.get_array().get(array)) return error;
      if (const auto error = array.raw_json().get(text)) return error;
      break;
    }
    case simdjson::ondemand::json_type::string:
      if (const auto error = value.get_string().get(text)) return error;
      visit(path_, text);
      return simdjson::SUCCESS;
    case simdjson::ondemand::json_type::boolean: {
      bool truth = false;
      if (const auto error = value.get_bool().get(truth)) return error;
      visit(path_, truth ? "true" : "false");
      return simdjson::SUCCESS;
    }
    case simdjson::ondemand::json_type::null: {
      bool null = false;
      if (const auto error = value.is_null().get(null)) return error;
      if (!null) return simdjson::N_ATOM_ERROR;
      visit(path_, {});
      return simdjson::SUCCESS;
    }
    case simdjson::ondemand::json_type::number: {
      text = TrimJsonSpace(value.raw_json_token());
      if (!IsJsonNumber(text)) return simdjson::NUMBER_ERROR;
      visit(path_, text);
      return simdjson::SUCCESS;
    }
  }
  text = TrimJsonSpace(text);
  if (!IsJson(text)) return simdjson::TAPE_ERROR;
  visit(path_, text);
  return simdjson::SUCCESS;
}

bool JsonLine::IsJson(std::string_view text) {
  simdjson::dom::element ignored;
  return checker_.parse(text.data(), text.size()).get(ignored) == simdjson::SUCCESS;
}

}  // namespace sluice::formats
