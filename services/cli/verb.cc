#include "cli/verb.h"

#include <CLI/CLI.hpp>
#include <optional>
#include <utility>
#include <vector>

namespace sluice::cli {

VerbOption VerbOption::Required() {
  option_->required();
  return *this;
}

VerbOption VerbOption::Positive() {
  option_->check(CLI::PositiveNumber);
  return *this;
}

VerbOption VerbOption::OneOf(std::initializer_list<const char*> words) {
  option_->check(CLI::IsMember(std::vector<std::string>(words.begin(), words.end())));
  return *this;
}

VerbOption VerbOption::Check(std::function<std::string(const std::string&)> check) {
  option_->check(CLI::Validator(std::move(check), ""));
  return *this;
}

Verb::Verb(CLI::App& program, const char* name, const char* what)
    : app_(program.add_subcommand(name, what)) {}

Verb Verb::Add(const char* name, const char* what) {
  app_->require_subcommand(1);
  return Verb(*app_, name, what);
}

void Verb::OnChosen(std::function<void()> chosen) {
  app_->callback(std::move(chosen));
}

template <typename Value>
VerbOption Verb::Option(const char* name, Value& value, const char* what) {
  return VerbOption(*app_->add_option(name, value, what));
}

template <typename Value>
VerbOption Verb::Flag(const char* name, Value& value, const char* what) {
  return VerbOption(*app_->add_flag(name, value, what));
}

template VerbOption Verb::Option(const char*, std::string&, const char*);
template VerbOption Verb::Option(const char*, std::vector<std::string>&, const char*);
template VerbOption Verb::Option(const char*, uint32_t&, const char*);
template VerbOption Verb::Option(const char*, uint64_t&, const char*);
template VerbOption Verb::Option(const char*, int64_t&, const char*);
template VerbOption Verb::Option(const char*, std::optional<uint64_t>&, const char*);
template VerbOption Verb::Flag(const char*, bool&, const char*);
template VerbOption Verb::Flag(const char*, std::string&, const char*);

}  // namespace sluice::cli
