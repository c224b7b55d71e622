#include "common/database/postgres.h"

#include <fmt/format.h>
#include <libpq-fe.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <utility>

#include "common/base/status.h"
#include "common/database/postgres_address.h"

namespace sluice::database {
namespace {

constexpr int kBinary = 1;

template <typename Unsigned>
void AppendBigEndian(Unsigned value, std::string& out) {
  for (int shift = static_cast<int>(sizeof(Unsigned)) * 8 - 8; shift >= 0; shift -= 8) {
    out.push_back(static_cast<char>(value >> shift));
  }
}

absl::Status StatusFor(std::string_view state, const std::string& message) {
  const std::string_view group = state.substr(0, 2);
  if (state == "40001" || state == "40P01" || state == "55P03") return absl::AbortedError(message);
  if (group == "08" || state.substr(0, 4) == "57P0" || state == "53300") {
    return absl::UnavailableError(message);
  }
  // A standby, or a server that is about to be one: its successor is not.
  if (state == "25006") return absl::UnavailableError(message);
  if (state == "57014") return absl::DeadlineExceededError(message);
  if (state == "25P03" || state == "25P04") return absl::UnavailableError(message);
  if (state == "53100") {
    return absl::ResourceExhaustedError(
        fmt::format("{} (the database's disk is full: free space there)", message));
  }
  if (group == "53") return absl::ResourceExhaustedError(message);
  if (state == "23505") return absl::AlreadyExistsError(message);
  if (state == "42501") {
    return absl::PermissionDeniedError(
        fmt::format("{} (run deploy/postgres/roles.sql, or use a role with the right)", message));
  }
  // The statement was prepared before somebody changed a table: another try prepares it anew.
  if (state == "0A000" || state == "26000") return absl::AbortedError(message);
  if (group == "42" || group == "3D" || group == "3F") {
    return absl::FailedPreconditionError(
        fmt::format("{} (the tables are not as Sluice left them)", message));
  }
  if (group == "28") return absl::PermissionDeniedError(message);
  if (group == "22" || group == "23") return absl::FailedPreconditionError(message);
  if (group == "XX" || group == "58") return absl::DataLossError(message);
  return absl::InternalError(message);
}

// These texts may quote a value.
bool MayQuoteValues(std::string_view state) {
  return state.substr(0, 2) == "22" || state.substr(0, 2) == "23" || state.substr(0, 2) == "P0";
}

}  // namespace

PostgresArray::PostgresArray(uint32_t type) : type_(type) {}

void PostgresArray::Add(int64_t value) {
  ++size_;
  AppendBigEndian(uint32_t{sizeof value}, bytes_);
  AppendBigEndian(static_cast<uint64_t>(value), bytes_);
}

void PostgresArray::Add(std::string_view value) {
  ++size_;
  AppendBigEndian(static_cast<uint32_t>(value.size()), bytes_);
  bytes_ += value;
}

void PostgresArray::AddNull() {
  ++size_;
  AppendBigEndian(UINT32_MAX, bytes_);
}

void PostgresParameters::Add(uint32_t type, std::string&& bytes) {
  types_.push_back(type);
  values_.push_back(std::move(bytes));
}

PostgresParameters& PostgresParameters::Int(int64_t value) {
  std::string bytes;
  AppendBigEndian(static_cast<uint64_t>(value), bytes);
  Add(PostgresArray::kInt8, std::move(bytes));
  return *this;
}

PostgresParameters& PostgresParameters::Text(std::string_view value) {
  Add(PostgresArray::kText, std::string(value));
  return *this;
}

PostgresParameters& PostgresParameters::Blob(std::string_view value) {
  Add(PostgresArray::kBlob, std::string(value));
  return *this;
}

PostgresParameters& PostgresParameters::Array(PostgresArray&& array) {
  std::string bytes;
  const bool empty = array.size_ == 0;
  AppendBigEndian(uint32_t{empty ? 0u : 1u}, bytes);
  AppendBigEndian(uint32_t{1}, bytes);  // There may be nulls.
  AppendBigEndian(array.type_, bytes);
  if (!empty) {
    AppendBigEndian(array.size_, bytes);
    AppendBigEndian(uint32_t{1}, bytes);
    bytes += array.bytes_;
  }
  uint32_t type = 1016;
  if (array.type_ == PostgresArray::kText) type = 1009;
  if (array.type_ == PostgresArray::kBlob) type = 1001;
  Add(type, std::move(bytes));
  return *this;
}

PostgresRows::~PostgresRows() {
  PQclear(result_);
}

PostgresRows::PostgresRows(PostgresRows&& other) noexcept
    : result_(std::exchange(other.result_, nullptr)) {}

PostgresRows& PostgresRows::operator=(PostgresRows&& other) noexcept {
  if (this != &other) {
    PQclear(result_);
    result_ = std::exchange(other.result_, nullptr);
  }
  return *this;
}

int PostgresRows::size() const {
  return PQntuples(result_);
}

int64_t PostgresRows::affected() const {
  return std::strtoll(PQcmdTuples(result_), nullptr, 10);
}

bool PostgresRows::IsNull(int row, int column) const {
  return PQgetisnull(result_, row, column) != 0;
}

std::string_view PostgresRows::Text(int row, int column) const {
  return {PQgetvalue(result_, row, column), static_cast<size_t>(PQgetlength(result_, row, column))};
}

int64_t PostgresRows::Int(int row, int column) const {
  const std::string_view bytes = Text(row, column);
  uint64_t value = 0;
  for (const char c : bytes) value = value << 8 | static_cast<unsigned char>(c);
  if (bytes.size() == 2) return static_cast<int16_t>(value);
  // Object and transaction ids are unsigned.
  const unsigned type = PQftype(result_, column);
  constexpr unsigned kInt4 = 23;
  if (bytes.size() == 4 && type == kInt4) return static_cast<int32_t>(value);
  return static_cast<int64_t>(value);
}

bool PostgresRows::Bool(int row, int column) const {
  const std::string_view bytes = Text(row, column);
  return !bytes.empty() && bytes[0] != 0;
}

PostgresCopy::PostgresCopy() {
  constexpr std::string_view kSignature("PGCOPY\n\377\r\n\0", 11);
  bytes_ = kSignature;
  AppendBigEndian(uint64_t{0}, bytes_);
}

void PostgresCopy::Row(int columns) {
  AppendBigEndian(static_cast<uint16_t>(columns), bytes_);
}

void PostgresCopy::Int(int64_t value) {
  AppendBigEndian(uint32_t{sizeof value}, bytes_);
  AppendBigEndian(static_cast<uint64_t>(value), bytes_);
}

void PostgresCopy::SmallInt(int16_t value) {
  AppendBigEndian(uint32_t{sizeof value}, bytes_);
  AppendBigEndian(static_cast<uint16_t>(value), bytes_);
}

void PostgresCopy::Bytes(std::string_view value) {
  AppendBigEndian(static_cast<uint32_t>(value.size()), bytes_);
  bytes_ += value;
}

void PostgresCopy::Null() {
  AppendBigEndian(UINT32_MAX, bytes_);
}

std::string_view PostgresCopy::Finish() {
  AppendBigEndian(uint16_t{UINT16_MAX}, bytes_);
  return bytes_;
}

absl::StatusOr<std::unique_ptr<PostgresConnection>> PostgresConnection::Open(
    const PostgresOptions& options) {
  SLUICE_ASSIGN_OR_RETURN(const PostgresAddress address,
                          PostgresAddress::Parse(options.connection));
  PostgresOptions used = options;
  if (address.Says("connect_timeout")) used.connect_timeout_seconds = 0;
  std::unique_ptr<PostgresConnection> connection(
      new PostgresConnection(std::move(used), address.Name()));
  SLUICE_RETURN_IF_ERROR(connection->Connect());
  return connection;
}

PostgresConnection::~PostgresConnection() {
  PQfinish(connection_);
}

bool PostgresConnection::alive() const {
  return PQstatus(connection_) == CONNECTION_OK;
}

absl::Status PostgresConnection::Reconnect() {
  PQfinish(std::exchange(connection_, nullptr));
  statements_.clear();
  return Connect();
}

absl::Status PostgresConnection::Connect() {
  const std::string timeout = std::to_string(options_.connect_timeout_seconds);
  std::array<const char*, 7> keywords = {"tcp_user_timeout", "keepalives_idle", "application_name",
                                         "dbname",           "client_encoding", nullptr};
  std::array<const char*, 7> values = {"10000", "10",   "sluice", options_.connection.c_str(),
                                       "UTF8",  nullptr};
  if (options_.connect_timeout_seconds > 0) {
    keywords[5] = "connect_timeout";
    values[5] = timeout.c_str();
  }
  constexpr int kExpandConnectionString = 1;
  connection_ = PQconnectdbParams(keywords.data(), values.data(), kExpandConnectionString);
  if (!alive()) {
    std::string_view reason = PQerrorMessage(connection_);
    while (reason.ends_with('\n')) reason.remove_suffix(1);
    return absl::UnavailableError(fmt::format("cannot connect to {}: {}", name_, reason));
  }
  PQsetNoticeProcessor(
      connection_, [](void*, const char*) {}, nullptr);
  std::string settings = fmt::format(
      "SET TimeZone = 'UTC'; SET DateStyle = 'ISO, YMD'; SET extra_float_digits = 3; "
      "SET synchronous_commit = on; SET standard_conforming_strings = on; "
      "SET client_min_messages = warning; SET idle_in_transaction_session_timeout = {}; "
      "SET statement_timeout = {}; SET lock_timeout = {}",
      options_.idle_in_transaction_timeout_ms, options_.statement_timeout_ms,
      options_.lock_timeout_ms);
  for (const std::string& setting : options_.settings) settings += "; SET " + setting;
  return Execute(settings);
}

absl::Status PostgresConnection::ErrorOf(const pg_result* result, std::string_view what) const {
  const auto field = [&](int which) {
    const char* const text = result == nullptr ? nullptr : PQresultErrorField(result, which);
    return std::string_view(text == nullptr ? "" : text);
  };
  const std::string_view state = field(PG_DIAG_SQLSTATE);
  if (state.empty() || !alive()) {
    return absl::UnavailableError(fmt::format("the connection to {} was lost ({}{}{})", name_, what,
                                              state.empty() ? "" : ", SQLSTATE ", state));
  }
  std::string message = fmt::format("{} ({}): SQLSTATE {}", what, name_, state);
  if (!MayQuoteValues(state)) message += fmt::format(": {}", field(PG_DIAG_MESSAGE_PRIMARY));
  for (const int which : {PG_DIAG_TABLE_NAME, PG_DIAG_COLUMN_NAME, PG_DIAG_CONSTRAINT_NAME}) {
    if (!field(which).empty()) message += fmt::format(", {}", field(which));
  }
  return StatusFor(state, message);
}

absl::Status PostgresConnection::Execute(std::string_view sql) {
  const PostgresRows result(PQexec(connection_, std::string(sql).c_str()));
  const pg_result* const raw = result.raw();
  const ExecStatusType status = PQresultStatus(raw);
  if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK) return absl::OkStatus();
  return ErrorOf(raw, "the database refused");
}

absl::StatusOr<std::string> PostgresConnection::Prepared(std::string_view sql,
                                                         const PostgresParameters& parameters) {
  const auto found = statements_.find(sql);
  if (found != statements_.end()) return found->second;
  std::string name = fmt::format("s{}", ++statement_count_);
  const std::string text(sql);
  const PostgresRows result(PQprepare(connection_, name.c_str(), text.c_str(),
                                      static_cast<int>(parameters.types_.size()),
                                      parameters.types_.data()));
  if (PQresultStatus(result.raw()) != PGRES_COMMAND_OK) {
    return ErrorOf(result.raw(), "cannot prepare a statement");
  }
  statements_.emplace(text, name);
  return name;
}

absl::StatusOr<PostgresRows> PostgresConnection::Query(std::string_view sql,
                                                       const PostgresParameters& parameters) {
  SLUICE_ASSIGN_OR_RETURN(const std::string name, Prepared(sql, parameters));
  const size_t count = parameters.values_.size();
  std::vector<const char*> values(count);
  std::vector<int> lengths(count);
  const std::vector<int> formats(count, kBinary);
  for (size_t i = 0; i < count; ++i) {
    values[i] = parameters.values_[i].data();
    lengths[i] = static_cast<int>(parameters.values_[i].size());
  }
  PostgresRows result(PQexecPrepared(connection_, name.c_str(), static_cast<int>(count),
                                     values.data(), lengths.data(), formats.data(), kBinary));
  const ExecStatusType status = PQresultStatus(result.raw());
  if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK) return result;
  return ErrorOf(result.raw(), "the database refused");
}

absl::Status PostgresConnection::Copy(std::string_view sql, std::string_view bytes) {
  {
    const PostgresRows started(PQexec(connection_, std::string(sql).c_str()));
    if (PQresultStatus(started.raw()) != PGRES_COPY_IN) {
      return ErrorOf(started.raw(), "cannot start a COPY");
    }
  }
  constexpr size_t kPiece = 1 << 20;
  bool sent = true;
  for (size_t at = 0; sent && at < bytes.size(); at += kPiece) {
    const size_t size = std::min(kPiece, bytes.size() - at);
    sent = PQputCopyData(connection_, bytes.data() + at, static_cast<int>(size)) == 1;
  }
  if (sent) sent = PQputCopyEnd(connection_, nullptr) == 1;
  absl::Status status = absl::OkStatus();
  if (!sent) status = ErrorOf(nullptr, "in a COPY");
  while (pg_result* const next = PQgetResult(connection_)) {
    const PostgresRows result(next);
    if (status.ok() && PQresultStatus(next) != PGRES_COMMAND_OK) {
      status = ErrorOf(next, "the database refused a COPY");
    }
    if (PQresultStatus(next) == PGRES_COPY_IN) break;
  }
  return status;
}

absl::Status PostgresConnection::ForgetStatements() {
  statements_.clear();
  return Execute("DEALLOCATE ALL");
}

absl::Status PostgresConnection::Begin() {
  return Execute("BEGIN ISOLATION LEVEL READ COMMITTED");
}

absl::Status PostgresConnection::Commit() {
  // COMMIT of a failed transaction is answered with ROLLBACK, as a success.
  if (PQtransactionStatus(connection_) == PQTRANS_INERROR) {
    Rollback();
    return absl::AbortedError(fmt::format("a transaction had failed ({})", name_));
  }
  return Execute("COMMIT");
}

void PostgresConnection::Rollback() {
  if (alive() && in_transaction()) Execute("ROLLBACK").IgnoreError();
}

bool PostgresConnection::in_transaction() const {
  return PQtransactionStatus(connection_) != PQTRANS_IDLE;
}

}  // namespace sluice::database
