// The names of the topics, made only here.
#pragma once

#include <string>
#include <string_view>

namespace sluice::stream {

// Thread-compatible value. `prefix` is a setting, "sluice" unless told.
class Topics {
 public:
  explicit Topics(std::string prefix = "sluice") : prefix_(std::move(prefix)) {}

  std::string Raw() const { return Named("raw"); }
  std::string Clean() const { return Named("clean"); }
  // One topic a sink, so that a dead sink stops only its own.
  std::string Mapped(std::string_view sink) const;
  std::string Results() const { return Named("results"); }
  std::string Positions() const { return Named("positions"); }
  std::string Imports() const { return Named("imports"); }
  // Rows that were rejected or need review, for other programs; on Kafka only.
  std::string Quarantine() const { return Named("quarantine"); }
  // What clean remembers, on logs that keep state as a changelog.
  std::string DedupChangelog() const { return Named("dedup-changelog"); }

  // The sink of a mapped topic; empty when the name is none.
  std::string SinkOfMapped(std::string_view topic) const;

 private:
  std::string Named(std::string_view what) const;

  std::string prefix_;
};

// The reader groups, one a stage.
inline constexpr std::string_view kCleanGroup = "clean";
inline constexpr std::string_view kMapGroup = "map";
inline constexpr std::string_view kLoadGroup = "load";
inline constexpr std::string_view kControlGroup = "control";

}  // namespace sluice::stream
