#include "common/telemetry/log.h"

#include <fmt/format.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <unistd.h>

#include <cmath>
#include <iterator>
#include <utility>

#include "common/base/json.h"

namespace sluice::telemetry {
namespace {

constexpr std::string_view LevelName(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return "debug";
    case LogLevel::kInfo:
      return "info";
    case LogLevel::kWarning:
      return "warning";
    case LogLevel::kError:
      return "error";
    case LogLevel::kOff:
      break;
  }
  return "off";
}

spdlog::level::level_enum LibraryLevel(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarning:
      return spdlog::level::warn;
    case LogLevel::kError:
      return spdlog::level::err;
    case LogLevel::kOff:
      break;
  }
  return spdlog::level::off;
}

bool NeedsQuotes(std::string_view text) {
  if (text.empty()) return true;
  for (const char c : text) {
    if (static_cast<unsigned char>(c) <= 0x20 || c == 0x7F || c == '"' || c == '=') return true;
  }
  return false;
}

void AppendJsonField(std::string& line, std::string_view key, std::string_view value) {
  line.push_back(',');
  base::AppendJsonString(line, key);
  line.push_back(':');
  base::AppendJsonString(line, value);
}

}  // namespace

absl::StatusOr<LogLevel> ParseLogLevel(std::string_view text) {
  for (const LogLevel level :
       {LogLevel::kDebug, LogLevel::kInfo, LogLevel::kWarning, LogLevel::kError, LogLevel::kOff}) {
    if (text == LevelName(level)) return level;
  }
  return absl::InvalidArgumentError(
      fmt::format("unknown log level '{}': debug, info, warning, error or off", text));
}

absl::StatusOr<LogFormat> ParseLogFormat(std::string_view text) {
  if (text == "auto") return LogFormat::kAuto;
  if (text == "json") return LogFormat::kJson;
  if (text == "text") return LogFormat::kText;
  return absl::InvalidArgumentError(
      fmt::format("unknown log format '{}': auto, json or text", text));
}

void LogField::AppendJson(std::string& out) const {
  if (const auto* text = std::get_if<std::string_view>(&value_)) {
    base::AppendJsonString(out, *text);
  } else if (const auto* number = std::get_if<double>(&value_)) {
    if (std::isfinite(*number)) {
      fmt::format_to(std::back_inserter(out), "{}", *number);
    } else {
      out.append("null");
    }
  } else {
    AppendText(out);
  }
}

void LogField::AppendText(std::string& out) const {
  if (const auto* text = std::get_if<std::string_view>(&value_)) {
    if (NeedsQuotes(*text)) {
      base::AppendJsonString(out, *text);
    } else {
      out.append(*text);
    }
    return;
  }
  std::visit([&](const auto& value) { fmt::format_to(std::back_inserter(out), "{}", value); },
             value_);
}

struct Logger::Output {
  std::shared_ptr<spdlog::logger> lines;
  const base::Clock* clock;
  bool json;
  std::string service;
  std::string instance;

  std::string JsonLine(LogLevel level, std::string_view message, std::string_view name,
                       Fields fields) const;
  std::string TextLine(LogLevel level, std::string_view message, std::string_view name,
                       Fields fields) const;
};

std::string Logger::Output::JsonLine(LogLevel level, std::string_view message,
                                     std::string_view name, Fields fields) const {
  std::string line = fmt::format("{{\"ts\":\"{}\",\"level\":\"{}\"", base::FormatTime(clock->Now()),
                                 LevelName(level));
  AppendJsonField(line, "msg", message);
  if (!name.empty()) AppendJsonField(line, "logger", name);
  AppendJsonField(line, "service", service);
  if (!instance.empty()) AppendJsonField(line, "instance", instance);
  for (const LogField& field : fields) {
    line.push_back(',');
    base::AppendJsonString(line, field.key());
    line.push_back(':');
    field.AppendJson(line);
  }
  line.push_back('}');
  return line;
}

std::string Logger::Output::TextLine(LogLevel level, std::string_view message,
                                     std::string_view name, Fields fields) const {
  std::string line = fmt::format("{} {:<7} ", base::FormatTime(clock->Now()), LevelName(level));
  if (!name.empty()) line += fmt::format("[{}] ", name);
  for (const char c : message) line.push_back(static_cast<unsigned char>(c) < 0x20 ? ' ' : c);
  for (const LogField& field : fields) {
    line += fmt::format(" {}=", field.key());
    field.AppendText(line);
  }
  return line;
}

Logger::Logger(const LogOptions& options, const base::Clock& clock) {
  std::shared_ptr<spdlog::sinks::sink> sink;
  if (options.out != nullptr) {
    sink = std::make_shared<spdlog::sinks::ostream_sink_mt>(*options.out, true);
  } else {
    sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
  }
  auto lines = std::make_shared<spdlog::logger>(options.service, std::move(sink));
  lines->set_pattern("%v");
  lines->set_level(LibraryLevel(options.level));
  lines->flush_on(spdlog::level::debug);
  const bool terminal = options.out == nullptr && isatty(STDERR_FILENO) == 1;
  const bool json =
      options.format == LogFormat::kJson || (options.format == LogFormat::kAuto && !terminal);
  output_ = std::make_shared<const Output>(
      Output{std::move(lines), &clock, json, options.service, options.instance});
}

Logger Logger::Named(std::string_view name) const {
  Logger named = *this;
  named.name_ = name;
  return named;
}

bool Logger::Enabled(LogLevel level) const {
  return output_ != nullptr && level != LogLevel::kOff &&
         output_->lines->should_log(LibraryLevel(level));
}

void Logger::Log(LogLevel level, std::string_view message, Fields fields) const {
  if (!Enabled(level)) return;
  const std::string line = output_->json ? output_->JsonLine(level, message, name_, fields)
                                         : output_->TextLine(level, message, name_, fields);
  output_->lines->log(LibraryLevel(level), spdlog::string_view_t(line.data(), line.size()));
}

void Logger::Flush() const {
  if (output_ != nullptr) output_->lines->flush();
}

}  // namespace sluice::telemetry
