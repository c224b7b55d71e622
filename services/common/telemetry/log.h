// The log of a process: one line an event on stderr, JSON for machines or text for a terminal.
//
// What may be logged: ids, counts, positions, names of settings, columns, codes and reasons. Never
// a record's value, a key or a secret; no function here takes a record.
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <iosfwd>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "absl/status/statusor.h"
#include "common/base/clock.h"

namespace sluice::telemetry {

enum class LogLevel { kDebug, kInfo, kWarning, kError, kOff };
// kAuto: text when stderr is a terminal, else JSON.
enum class LogFormat { kAuto, kJson, kText };

absl::StatusOr<LogLevel> ParseLogLevel(std::string_view text);
absl::StatusOr<LogFormat> ParseLogFormat(std::string_view text);

// A key and its value. Views are used only during the call.
class LogField {
 public:
  LogField(std::string_view key, std::string_view value) : key_(key), value_(value) {}
  LogField(std::string_view key, const char* value) : key_(key), value_(std::string_view(value)) {}
  LogField(std::string_view key, const std::string& value)
      : key_(key), value_(std::string_view(value)) {}
  LogField(std::string_view key, bool value) : key_(key), value_(value) {}
  LogField(std::string_view key, double value) : key_(key), value_(value) {}
  template <std::integral T>
  LogField(std::string_view key, T value) : key_(key) {
    if constexpr (std::signed_integral<T>) {
      value_ = static_cast<int64_t>(value);
    } else {
      value_ = static_cast<uint64_t>(value);
    }
  }

  std::string_view key() const { return key_; }
  // The value as JSON.
  void AppendJson(std::string& out) const;
  // The value as text; quoted as in JSON when it is empty or has a space or a control character.
  void AppendText(std::string& out) const;

 private:
  std::string_view key_;
  std::variant<std::string_view, bool, double, int64_t, uint64_t> value_;
};

struct LogOptions {
  LogFormat format = LogFormat::kAuto;
  LogLevel level = LogLevel::kInfo;
  std::string service = "sluice";
  // Which of several processes of a service; empty leaves the field out.
  std::string instance;
  // Where lines go instead of stderr; must outlive every logger made from these options.
  std::ostream* out = nullptr;
};

// Thread-safe; copies share one output. A default-constructed logger drops everything.
// The clock outlives all copies.
class Logger {
 public:
  using Fields = std::initializer_list<LogField>;

  Logger() = default;
  Logger(const LogOptions& options, const base::Clock& clock);

  // The same output under another name (field `logger`).
  Logger Named(std::string_view name) const;

  bool Enabled(LogLevel level) const;
  // Writes `ts level msg logger service instance` and the fields. `message` is one fixed sentence;
  // what varies goes into fields.
  void Log(LogLevel level, std::string_view message, Fields fields = {}) const;
  void Debug(std::string_view message, Fields fields = {}) const {
    Log(LogLevel::kDebug, message, fields);
  }
  void Info(std::string_view message, Fields fields = {}) const {
    Log(LogLevel::kInfo, message, fields);
  }
  void Warning(std::string_view message, Fields fields = {}) const {
    Log(LogLevel::kWarning, message, fields);
  }
  void Error(std::string_view message, Fields fields = {}) const {
    Log(LogLevel::kError, message, fields);
  }
  void Flush() const;

 private:
  struct Output;
  std::shared_ptr<const Output> output_;
  std::string name_;
};

}  // namespace sluice::telemetry
