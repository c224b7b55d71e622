#include "common/config/setting_table.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <limits>
#include <optional>

#include "common/base/status.h"

namespace sluice::config {
namespace {

constexpr double kBytesMax = 1099511627776.0 * 1024;  // 1 PiB

#define SLUICE_FIELD(path) [](Settings& settings) -> SettingField { return &settings.path; }

constexpr SettingSpec kTable[] = {
    {"data_dir", SettingType::kText, SLUICE_FIELD(data_dir), 0, 0, "",
     "Where log, state, uploads and databases live. Empty: `$XDG_DATA_HOME/sluice`, else "
     "`$HOME/.local/share/sluice`.",
     false},
    {"partitions", SettingType::kInteger, SLUICE_FIELD(partitions), 1, 1024, "",
     "Partitions of every record topic; 12 over Kafka unless set. Recorded when the data directory "
     "or the topics are made; another number is refused later.",
     false},
    {"backup.dir", SettingType::kText, SLUICE_FIELD(backup.dir), 0, 0, "",
     "Where `sluice backup` and `sluice import --backup` put backups unless told, and the only "
     "place for those asked for over the network. Empty: the name of the data directory with "
     "`.backup` after it.",
     false},
    {"instance", SettingType::kText, SLUICE_FIELD(instance), 0, 0, "",
     "Which of several processes of a service this is: unique among them, and the same after a "
     "restart. Empty: the name of the host.",
     false},
    {"sinks", SettingType::kText, SLUICE_FIELD(sinks), 0, 0, "",
     "Over Kafka: where customers go, as `NAME=URL` separated by spaces, the same for control and "
     "load: `sqlite:PATH` or `postgresql://USER@HOST/DATABASE`. The first is for imports that name "
     "none.",
     true},
    {"postgres.owner", SettingType::kText, SLUICE_FIELD(postgres.owner), 0, 0, "",
     "The role that makes and upgrades tables in PostgreSQL, as `user=sluice_owner` or a whole "
     "connection string: its keywords replace those of a sink's URL. Empty: the URL's role.",
     true},
    {"log.format", SettingType::kChoice, SLUICE_FIELD(log.format), 0, 0, "auto|json|text",
     "Form of log lines on stderr. `auto`: text on a terminal, else JSON lines.", false},
    {"log.level", SettingType::kChoice, SLUICE_FIELD(log.level), 0, 0,
     "debug|info|warning|error|off", "The least level that is logged.", false},
    {"http.host", SettingType::kText, SLUICE_FIELD(http.host), 0, 0, "",
     "Address on which `serve` answers HTTP (`/metrics`, `/livez`, `/readyz`).", false},
    {"http.port", SettingType::kInteger, SLUICE_FIELD(http.port), 0, 65535, "",
     "Port of HTTP; 0 takes a free one.", false},
    {"grpc.host", SettingType::kText, SLUICE_FIELD(grpc.host), 0, 0, "",
     "Address on which `serve` answers gRPC.", false},
    {"grpc.port", SettingType::kInteger, SLUICE_FIELD(grpc.port), 0, 65535, "",
     "Port of gRPC; 0 takes a free one.", false},
    {"grpc.tls.certificate_file", SettingType::kText, SLUICE_FIELD(grpc.tls.certificate_file), 0, 0,
     "", "Certificate of this process (PEM), shown to clients, and to a server that asks for it.",
     false},
    {"grpc.tls.key_file", SettingType::kText, SLUICE_FIELD(grpc.tls.key_file), 0, 0, "",
     "Its key (PEM).", false},
    {"grpc.tls.client_ca_file", SettingType::kText, SLUICE_FIELD(grpc.tls.client_ca_file), 0, 0, "",
     "Authorities of clients' certificates (PEM). Empty: clients need none.", false},
    {"grpc.tls.ca_file", SettingType::kText, SLUICE_FIELD(grpc.tls.ca_file), 0, 0, "",
     "Authorities of the certificates of control (PEM), for who calls it. Empty: no TLS.", false},
    {"grpc.access_file", SettingType::kText, SLUICE_FIELD(grpc.access_file), 0, 0, "",
     "Who may call this process: a line a token, `SHA256 NAME ROLE`; the roles are `push`, `read`, "
     "`operate` and `service`. Empty: everybody may do everything.",
     false},
    {"grpc.token_file", SettingType::kText, SLUICE_FIELD(grpc.token_file), 0, 0, "",
     "The token this process shows when it calls control; `SLUICE_TOKEN` goes before it.", false},
    {"grpc.insecure", SettingType::kBoolean, SLUICE_FIELD(grpc.insecure), 0, 0, "",
     "Whether gRPC may be reached from other machines, and tokens sent to them, without TLS or "
     "without access control.",
     false},
    {"control.address", SettingType::kText, SLUICE_FIELD(control.address), 0, 0, "",
     "Where the other services find control (host:port of its gRPC); several as "
     "`ipv4:ADDRESS:PORT,ADDRESS:PORT`.",
     false},
    {"control.database", SettingType::kText, SLUICE_FIELD(control.database), 0, 0, "",
     "Over Kafka: where control keeps imports, counts and leases, as "
     "`postgresql://USER@HOST/DATABASE`, which several controls share. Empty: `control.db` in its "
     "data directory, for one control.",
     true},
    {"uploads.dir", SettingType::kText, SLUICE_FIELD(uploads.dir), 0, 0, "",
     "Over Kafka: folder of the uploads, shared by control and ingest. Empty, and without Kafka: "
     "`uploads` in the data directory.",
     false},
    {"lease.seconds", SettingType::kSeconds, SLUICE_FIELD(lease.seconds), 1, 600, "",
     "How long an import stays with an ingest that says nothing.", false},
    {"push.port", SettingType::kInteger, SLUICE_FIELD(push.port), 0, 65535, "",
     "Port of ingest's gRPC, for programs that push; 0 takes a free one.", false},
    {"push.idle_seconds", SettingType::kSeconds, SLUICE_FIELD(push.idle_seconds), 1, 86400, "",
     "After as long without a push, the open import of a target is ended.", false},
    {"push.repeat_window_seconds", SettingType::kSeconds, SLUICE_FIELD(push.repeat_window_seconds),
     60, 2592000, "", "How long a request that is pushed again is known at least.", false},
    {"kafka.brokers", SettingType::kText, SLUICE_FIELD(kafka.brokers), 0, 0, "",
     "host:port, separated by commas. Empty: no Kafka, the log is in the data directory.", false},
    {"kafka.prefix", SettingType::kText, SLUICE_FIELD(kafka.prefix), 0, 0, "",
     "What the names of topics, groups and transactions begin with.", false},
    {"kafka.security", SettingType::kChoice, SLUICE_FIELD(kafka.security), 0, 0,
     "plaintext|ssl|sasl_plaintext|sasl_ssl", "How the brokers are talked to.", false},
    {"kafka.tls.ca_file", SettingType::kText, SLUICE_FIELD(kafka.tls.ca_file), 0, 0, "",
     "Authorities of the brokers' certificates (PEM). Empty: the system's.", false},
    {"kafka.tls.certificate_file", SettingType::kText, SLUICE_FIELD(kafka.tls.certificate_file), 0,
     0, "", "Certificate of this client (PEM).", false},
    {"kafka.tls.key_file", SettingType::kText, SLUICE_FIELD(kafka.tls.key_file), 0, 0, "",
     "Its key (PEM).", false},
    {"kafka.tls.key_password", SettingType::kText, SLUICE_FIELD(kafka.tls.key_password), 0, 0, "",
     "Password of the key.", true},
    {"kafka.sasl.mechanism", SettingType::kText, SLUICE_FIELD(kafka.sasl.mechanism), 0, 0, "",
     "`PLAIN`, `SCRAM-SHA-256` or `SCRAM-SHA-512`; Kafka 4 refuses SCRAM of Debian 12's "
     "librdkafka.",
     false},
    {"kafka.sasl.username", SettingType::kText, SLUICE_FIELD(kafka.sasl.username), 0, 0, "",
     "Who this client is.", false},
    {"kafka.sasl.password", SettingType::kText, SLUICE_FIELD(kafka.sasl.password), 0, 0, "",
     "And its password.", true},
    {"kafka.session_timeout_seconds", SettingType::kSeconds,
     SLUICE_FIELD(kafka.session_timeout_seconds), 1, 600, "",
     "After as long without a sign of life, the partitions of a process go to others.", false},
    {"kafka.transaction_timeout_seconds", SettingType::kSeconds,
     SLUICE_FIELD(kafka.transaction_timeout_seconds), 1, 600, "",
     "After as long, the brokers abort a transaction nobody ends.", false},
    {"kafka.replication_factor", SettingType::kInteger, SLUICE_FIELD(kafka.replication_factor), 1,
     100, "", "Copies of every topic that `sluice topics create` makes.", false},
    {"kafka.min_insync_replicas", SettingType::kInteger, SLUICE_FIELD(kafka.min_insync_replicas), 1,
     100, "", "Copies that must have a record before it counts as written.", false},
    {"kafka.properties", SettingType::kText, SLUICE_FIELD(kafka.properties), 0, 0, "",
     "Of librdkafka, as `name=value` separated by spaces, for what is no setting here.", true},
    {"ordering.import_max", SettingType::kBytes, SLUICE_FIELD(ordering.import_max), 0, kBytesMax,
     "",
     "Sources up to this size keep the order of all their rows; larger ones the order per "
     "customer.",
     false},
    {"lead.seconds", SettingType::kSeconds, SLUICE_FIELD(lead.seconds), 0.01, 3600, "",
     "How long the rows that are read but not yet loaded may take to load, over all imports of a "
     "sink.",
     false},
    {"lead.rows_min", SettingType::kInteger, SLUICE_FIELD(lead.rows_min), 1, 1e9, "",
     "Rows that may always be ahead, whatever the rate.", false},
    {"lead.rows_max", SettingType::kInteger, SLUICE_FIELD(lead.rows_max), 1, 1e9, "",
     "Rows that are never exceeded ahead.", false},
    {"lead.bytes_max", SettingType::kBytes, SLUICE_FIELD(lead.bytes_max), 1 << 20, kBytesMax, "",
     "Bytes that are never exceeded ahead.", false},
    {"batch.records_max", SettingType::kInteger, SLUICE_FIELD(batch.records_max), 1, 1e6, "",
     "Records in one transaction of a stage.", false},
    {"batch.bytes_max", SettingType::kBytes, SLUICE_FIELD(batch.bytes_max), 1 << 20, 1 << 30, "",
     "Bytes of records in one transaction of a stage.", false},
    {"rollback.window_days", SettingType::kInteger, SLUICE_FIELD(rollback.window_days), 0, 36500,
     "",
     "For how many days after its end an import can be rolled back; 0 keeps its journal for "
     "good.",
     false},
    {"shutdown.timeout_seconds", SettingType::kSeconds, SLUICE_FIELD(shutdown.timeout_seconds), 0,
     3600, "", "How long a stop waits for running work to be finished and stored.", false},
    {"limits.row_bytes_max", SettingType::kBytes, SLUICE_FIELD(limits.row_bytes_max), 1024,
     16 << 20, "", "A larger row is rejected as `row_too_large`.", false},
    {"limits.upload_bytes_max", SettingType::kBytes, SLUICE_FIELD(limits.upload_bytes_max), 1,
     kBytesMax, "", "A larger file is refused before its first row.", false},
    {"limits.push_batch_bytes_max", SettingType::kBytes, SLUICE_FIELD(limits.push_batch_bytes_max),
     1 << 16, 60 << 20, "", "A larger batch of pushed records is refused.", false},
    {"limits.push_bytes_max", SettingType::kBytes, SLUICE_FIELD(limits.push_bytes_max), 1 << 16,
     1 << 30, "",
     "Bytes of all pushed batches that are not written yet; what comes on top is refused with "
     "`RESOURCE_EXHAUSTED` and sent again.",
     false},
};

#undef SLUICE_FIELD

struct ByteUnit {
  std::string_view suffix;
  int64_t factor;
};
constexpr ByteUnit kUnits[] = {{"GiB", int64_t{1} << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}};

// A whole number with an optional unit after it; spaces between are fine.
std::optional<int64_t> ParseInteger(std::string_view text, bool units) {
  int64_t factor = 1;
  if (units) {
    for (const ByteUnit& unit : kUnits) {
      if (!text.ends_with(unit.suffix)) continue;
      factor = unit.factor;
      text.remove_suffix(unit.suffix.size());
      while (text.ends_with(' ')) text.remove_suffix(1);
      break;
    }
  }
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (value > std::numeric_limits<int64_t>::max() / factor || value < 0) {
    return factor == 1 ? std::optional(value) : std::nullopt;
  }
  return value * factor;
}

bool IsChoice(std::string_view choices, std::string_view text) {
  while (true) {
    const size_t bar = choices.find('|');
    if (choices.substr(0, bar) == text) return true;
    if (bar == std::string_view::npos) return false;
    choices.remove_prefix(bar + 1);
  }
}

absl::Status NotAllowed(const SettingSpec& spec) {
  return absl::InvalidArgumentError(fmt::format("must be {}", DescribeType(spec)));
}

std::string FormatBytes(int64_t bytes) {
  for (const ByteUnit& unit : kUnits) {
    if (bytes >= unit.factor && bytes % unit.factor == 0) {
      return fmt::format("{}{}", bytes / unit.factor, unit.suffix);
    }
  }
  return fmt::format("{}", bytes);
}

}  // namespace

std::span<const SettingSpec> SettingTable() {
  return kTable;
}

const SettingSpec* FindSetting(std::string_view name) {
  for (const SettingSpec& spec : kTable) {
    if (spec.name == name) return &spec;
  }
  return nullptr;
}

std::string EnvironmentName(std::string_view name) {
  std::string out = "SLUICE_";
  for (const char c : name) {
    if (c == '.') {
      out += "__";
    } else {
      out.push_back(c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c);
    }
  }
  return out;
}

absl::Status SetFromText(const SettingSpec& spec, std::string_view text, Settings& settings) {
  const SettingField field = spec.field(settings);
  if (auto* const* target = std::get_if<std::string*>(&field)) {
    if (spec.type == SettingType::kChoice && !IsChoice(spec.choices, text)) return NotAllowed(spec);
    **target = text;
  } else if (auto* const* integer = std::get_if<int64_t*>(&field)) {
    const auto value = ParseInteger(text, spec.type == SettingType::kBytes);
    if (!value.has_value()) return NotAllowed(spec);
    **integer = *value;
  } else if (auto* const* boolean = std::get_if<bool*>(&field)) {
    if (text != "true" && text != "false") return NotAllowed(spec);
    **boolean = text == "true";
  } else {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) {
      return NotAllowed(spec);
    }
    *std::get<double*>(field) = value;
  }
  return CheckBounds(spec, settings);
}

absl::Status CheckBounds(const SettingSpec& spec, const Settings& settings) {
  // The accessor wants a mutable object; nothing is written through it here.
  const SettingField field = spec.field(const_cast<Settings&>(settings));
  if (const auto* const* text = std::get_if<std::string*>(&field)) {
    const bool fits = spec.type != SettingType::kChoice || IsChoice(spec.choices, **text);
    return fits ? absl::OkStatus() : NotAllowed(spec);
  }
  if (std::holds_alternative<bool*>(field)) return absl::OkStatus();
  const double value = std::holds_alternative<double*>(field)
                           ? *std::get<double*>(field)
                           : static_cast<double>(*std::get<int64_t*>(field));
  return value >= spec.min && value <= spec.max ? absl::OkStatus() : NotAllowed(spec);
}

std::string DisplayValue(const SettingSpec& spec, const Settings& settings) {
  const SettingField field = spec.field(const_cast<Settings&>(settings));
  if (const auto* const* text = std::get_if<std::string*>(&field)) {
    return spec.secret && !(*text)->empty() ? "***" : **text;
  }
  if (spec.secret) return "***";
  if (const auto* const* boolean = std::get_if<bool*>(&field)) return **boolean ? "true" : "false";
  if (const auto* const* number = std::get_if<double*>(&field)) return fmt::format("{}", **number);
  return fmt::format("{}", *std::get<int64_t*>(field));
}

std::string DescribeType(const SettingSpec& spec) {
  const auto number = [](double value) { return fmt::format("{:.{}f}", value, 0); };
  switch (spec.type) {
    case SettingType::kText:
      return "text";
    case SettingType::kChoice: {
      std::string list(spec.choices);
      for (size_t at = 0; (at = list.find('|', at)) != std::string::npos;)
        list.replace(at, 1, ", ");
      return "one of " + list;
    }
    case SettingType::kInteger:
      return fmt::format("an integer from {} to {}", number(spec.min), number(spec.max));
    case SettingType::kBytes:
      return fmt::format("a size from {} to {} (bytes, or with KiB, MiB, GiB)",
                         FormatBytes(static_cast<int64_t>(spec.min)),
                         FormatBytes(static_cast<int64_t>(spec.max)));
    case SettingType::kSeconds:
      return fmt::format("a number of seconds from {} to {}", spec.min, spec.max);
    case SettingType::kBoolean:
      return "true or false";
  }
  return "";
}

absl::Status Settings::Validate() const {
  for (const SettingSpec& spec : kTable) {
    SLUICE_RETURN_IF_ERROR(base::Annotate(CheckBounds(spec, *this), spec.name));
  }
  if (lead.rows_min > lead.rows_max) {
    return absl::InvalidArgumentError(fmt::format(
        "lead.rows_min ({}) must not be above lead.rows_max ({})", lead.rows_min, lead.rows_max));
  }
  if (limits.push_batch_bytes_max > limits.push_bytes_max) {
    return absl::InvalidArgumentError(
        fmt::format("limits.push_batch_bytes_max ({}) must not be above limits.push_bytes_max ({})",
                    limits.push_batch_bytes_max, limits.push_bytes_max));
  }
  if (limits.row_bytes_max > batch.bytes_max) {
    return absl::InvalidArgumentError(
        fmt::format("limits.row_bytes_max ({}) must not be above batch.bytes_max ({})",
                    limits.row_bytes_max, batch.bytes_max));
  }
  return absl::OkStatus();
}

}  // namespace sluice::config
