// A verb of the program and what it takes. The parser behind it is CLI11, whose header takes every
// file that reads it ten seconds to compile: few do.
#pragma once

#include <functional>
#include <initializer_list>
#include <string>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace sluice::cli {

// An option or an argument. A value: the parser owns what it stands for.
class VerbOption {
 public:
  explicit VerbOption(CLI::Option& option) : option_(&option) {}
  VerbOption Required();
  VerbOption Positive();
  VerbOption OneOf(std::initializer_list<const char*> words);
  // Says what is wrong with a given value; empty = nothing.
  VerbOption Check(std::function<std::string(const std::string&)> check);

 private:
  CLI::Option* option_;
};

// A value: the parser owns what it stands for. Thread-compatible.
class Verb {
 public:
  Verb(CLI::App& program, const char* name, const char* what);
  // A verb below this one, of which one must be given then.
  Verb Add(const char* name, const char* what);
  // "--name" is an option, "NAME" an argument. The value must live as long as the parser; its types
  // are listed in verb.cc.
  template <typename Value>
  VerbOption Option(const char* name, Value& value, const char* what);
  template <typename Value>
  VerbOption Flag(const char* name, Value& value, const char* what);
  // Called when it was given, after its values are set.
  void OnChosen(std::function<void()> chosen);

 private:
  CLI::App* app_;
};

}  // namespace sluice::cli
