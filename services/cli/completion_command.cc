// sluice completion bash | zsh | fish: made from the program's own options.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>

#include "cli/command_line.h"

namespace sluice::cli {
namespace {

struct VerbWords {
  std::string name;
  std::string description;
  std::vector<std::string> words;
};

std::vector<VerbWords> WordsOf(const CLI::App& app) {
  std::vector<std::string> shared;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) shared.push_back("--" + name);
  }
  std::vector<VerbWords> verbs;
  for (const CLI::App* verb : app.get_subcommands([](const CLI::App*) { return true; })) {
    if (verb->get_group().empty()) continue;
    VerbWords& words = verbs.emplace_back();
    words.name = verb->get_name();
    words.description = verb->get_description();
    for (const CLI::App* inner : verb->get_subcommands([](const CLI::App*) { return true; })) {
      words.words.push_back(inner->get_name());
    }
    for (const CLI::Option* option : verb->get_options()) {
      for (const std::string& name : option->get_lnames()) words.words.push_back("--" + name);
    }
    words.words.insert(words.words.end(), shared.begin(), shared.end());
  }
  return verbs;
}

void PrintBash(const std::vector<VerbWords>& verbs) {
  std::vector<std::string> names;
  names.reserve(verbs.size());
  for (const VerbWords& verb : verbs) names.push_back(verb.name);
  fmt::print(
      "_sluice() {{\n  local current=${{COMP_WORDS[COMP_CWORD]}} verb=${{COMP_WORDS[1]}}\n"
      "  if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
      "    COMPREPLY=($(compgen -W '{}' -- \"$current\"))\n    return\n  fi\n"
      "  case $verb in\n",
      fmt::join(names, " "));
  for (const VerbWords& verb : verbs) {
    fmt::print("    {}) COMPREPLY=($(compgen -W '{}' -- \"$current\")) ;;\n", verb.name,
               fmt::join(verb.words, " "));
  }
  fmt::print("  esac\n}}\ncomplete -o default -F _sluice sluice\n");
}

void PrintZsh(const std::vector<VerbWords>& verbs) {
  fmt::print("#compdef sluice\nautoload -U bashcompinit && bashcompinit\n");
  PrintBash(verbs);
}

void PrintFish(const std::vector<VerbWords>& verbs) {
  for (const VerbWords& verb : verbs) {
    fmt::print("complete -c sluice -n __fish_use_subcommand -a {} -d '{}'\n", verb.name,
               verb.description);
    for (const std::string& word : verb.words) {
      if (word.starts_with("--")) {
        fmt::print("complete -c sluice -n '__fish_seen_subcommand_from {}' -l {}\n", verb.name,
                   word.substr(2));
      } else {
        fmt::print("complete -c sluice -n '__fish_seen_subcommand_from {}' -a {}\n", verb.name,
                   word);
      }
    }
  }
}

}  // namespace

void AddCompletionCommand(CLI::App& app, CommandContext&, VerbAction& action) {
  auto shell = std::make_shared<std::string>();
  CLI::App* verb = app.add_subcommand("completion", "Completion script for a shell");
  verb->add_option("SHELL", *shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  verb->callback([&app, &action, shell] {
    action = [&app, shell] {
      const std::vector<VerbWords> verbs = WordsOf(app);
      if (*shell == "bash") {
        PrintBash(verbs);
      } else if (*shell == "zsh") {
        PrintZsh(verbs);
      } else {
        PrintFish(verbs);
      }
      return int{kDone};
    };
  });
}

}  // namespace sluice::cli
