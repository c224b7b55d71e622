#include "common/database/sqlite.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <cerrno>
#include <utility>

#include "common/base/check.h"
#include "common/base/status.h"

namespace sluice::database {
namespace {

absl::Status ErrorOf(sqlite3* db, std::string_view what) {
  const std::string_view path = sqlite3_db_filename(db, "main") == nullptr
                                    ? std::string_view()
                                    : sqlite3_db_filename(db, "main");
  const std::string message = fmt::format("{} ({}): {}", what, path, sqlite3_errmsg(db));
  int code = sqlite3_errcode(db) & 0xff;
  if (code == SQLITE_IOERR && sqlite3_system_errno(db) == ENOSPC) code = SQLITE_FULL;
  switch (code) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return absl::UnavailableError(message);
    case SQLITE_FULL:
      return absl::ResourceExhaustedError(fmt::format(
          "{} (the disk is full: free space, then run the same command again)", message));
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return absl::DataLossError(message);
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
      return absl::PermissionDeniedError(message);
    case SQLITE_CONSTRAINT:
      return absl::AlreadyExistsError(message);
    default:
      return absl::InternalError(message);
  }
}

}  // namespace

SqliteStatement::~SqliteStatement() {
  sqlite3_finalize(statement_);
}

SqliteStatement::SqliteStatement(SqliteStatement&& other) noexcept
    : statement_(std::exchange(other.statement_, nullptr)) {}

SqliteStatement& SqliteStatement::operator=(SqliteStatement&& other) noexcept {
  if (this != &other) {
    sqlite3_finalize(statement_);
    statement_ = std::exchange(other.statement_, nullptr);
  }
  return *this;
}

SqliteStatement& SqliteStatement::Bind(int parameter, int64_t value) {
  sqlite3_bind_int64(statement_, parameter, value);
  return *this;
}

SqliteStatement& SqliteStatement::Bind(int parameter, std::string_view text) {
  // A null pointer would bind NULL.
  sqlite3_bind_text(statement_, parameter, text.data() == nullptr ? "" : text.data(),
                    static_cast<int>(text.size()), SQLITE_STATIC);
  return *this;
}

SqliteStatement& SqliteStatement::BindBlob(int parameter, std::string_view bytes) {
  sqlite3_bind_blob(statement_, parameter, bytes.data() == nullptr ? "" : bytes.data(),
                    static_cast<int>(bytes.size()), SQLITE_STATIC);
  return *this;
}

SqliteStatement& SqliteStatement::BindNull(int parameter) {
  sqlite3_bind_null(statement_, parameter);
  return *this;
}

absl::StatusOr<bool> SqliteStatement::Step() {
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) {
    sqlite3_reset(statement_);
    return false;
  }
  const absl::Status status = ErrorOf(sqlite3_db_handle(statement_), "the database refused");
  sqlite3_reset(statement_);
  return status;
}

absl::Status SqliteStatement::Run() {
  SLUICE_ASSIGN_OR_RETURN(const bool row, Step());
  if (row) Reset();
  return absl::OkStatus();
}

void SqliteStatement::Reset() {
  sqlite3_reset(statement_);
}

bool SqliteStatement::IsNull(int column) const {
  return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

int64_t SqliteStatement::Int(int column) const {
  return sqlite3_column_int64(statement_, column);
}

std::string_view SqliteStatement::Text(int column) const {
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
  if (text == nullptr) return {};
  return {text, static_cast<size_t>(sqlite3_column_bytes(statement_, column))};
}

std::string_view SqliteStatement::Blob(int column) const {
  const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement_, column));
  if (bytes == nullptr) return {};
  return {bytes, static_cast<size_t>(sqlite3_column_bytes(statement_, column))};
}

absl::StatusOr<std::unique_ptr<SqliteConnection>> SqliteConnection::Open(
    const SqliteOptions& options) {
  sqlite3* db = nullptr;
  int flags = SQLITE_OPEN_NOMUTEX;
  if (options.read_only) {
    flags |= SQLITE_OPEN_READONLY;
  } else {
    flags |= SQLITE_OPEN_READWRITE | (options.must_exist ? 0 : SQLITE_OPEN_CREATE);
  }
  const int code = sqlite3_open_v2(options.path.c_str(), &db, flags,
                                   options.vfs.empty() ? nullptr : options.vfs.c_str());
  if (code != SQLITE_OK) {
    const std::string message =
        fmt::format("cannot open the database {}: {}", options.path,
                    db == nullptr ? sqlite3_errstr(code) : sqlite3_errmsg(db));
    sqlite3_close(db);
    return absl::PermissionDeniedError(message);
  }
  std::unique_ptr<SqliteConnection> connection(new SqliteConnection(db, options.path));
  sqlite3_extended_result_codes(db, 1);
  sqlite3_busy_timeout(db, options.busy_timeout_ms);
  SLUICE_RETURN_IF_ERROR(connection->Execute(
      fmt::format("PRAGMA cache_size=-{}; PRAGMA temp_store=MEMORY", options.cache_bytes / 1024)));
  if (options.copy) {
    // Whoever it is for waits for the whole, and syncs what it makes of it.
    SLUICE_RETURN_IF_ERROR(connection->Execute("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF"));
  } else if (!options.read_only) {
    // FULL: results are published from what is stored here, so a commit must survive power loss.
    SLUICE_RETURN_IF_ERROR(connection->Execute(
        "PRAGMA page_size=8192; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; "
        "PRAGMA wal_autocheckpoint=12000; PRAGMA foreign_keys=ON; PRAGMA secure_delete=FAST"));
    if (options.scratch) SLUICE_RETURN_IF_ERROR(connection->Execute("PRAGMA synchronous=OFF"));
  }
  return connection;
}

SqliteConnection::~SqliteConnection() {
  sqlite3_close_v2(db_);
}

absl::StatusOr<SqliteStatement> SqliteConnection::Prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v3(db_, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT,
                         &statement, nullptr) != SQLITE_OK) {
    return ErrorOf(db_, "cannot prepare a statement");
  }
  return SqliteStatement(statement);
}

absl::Status SqliteConnection::Execute(std::string_view sql) {
  if (sqlite3_exec(db_, std::string(sql).c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
    return ErrorOf(db_, "the database refused");
  }
  return absl::OkStatus();
}

absl::StatusOr<std::optional<int64_t>> SqliteConnection::QueryInt(std::string_view sql) {
  SLUICE_ASSIGN_OR_RETURN(SqliteStatement statement, Prepare(sql));
  SLUICE_ASSIGN_OR_RETURN(const bool row, statement.Step());
  if (!row || statement.IsNull(0)) return std::optional<int64_t>();
  return std::optional<int64_t>(statement.Int(0));
}

absl::Status SqliteConnection::Begin() {
  return Execute("BEGIN IMMEDIATE");
}

absl::Status SqliteConnection::Commit() {
  int moved = 0;
  // Not every VFS can tell.
  if (sqlite3_file_control(db_, "main", SQLITE_FCNTL_HAS_MOVED, &moved) == SQLITE_OK &&
      moved != 0) {
    return absl::FailedPreconditionError(fmt::format(
        "the database {} was removed or replaced while Sluice wrote to it: put that file back, or "
        "the newest copy there is",
        path_));
  }
  return Execute("COMMIT");
}

void SqliteConnection::Rollback() {
  if (sqlite3_get_autocommit(db_) == 0) {
    sqlite3_exec(db_, "ROLLBACK", nullptr, nullptr, nullptr);
  }
}

absl::Status SqliteConnection::BeginSnapshot() {
  SLUICE_RETURN_IF_ERROR(Execute("BEGIN"));
  // Only reading takes it.
  return QueryInt("SELECT count(*) FROM sqlite_master").status();
}

absl::Status SqliteConnection::CopyTo(const std::string& path,
                                      const std::function<absl::Status(uint64_t bytes)>& on_bytes) {
  constexpr int kPagesAtOnce = 1024;
  SqliteOptions options;
  options.path = path;
  options.cache_bytes = 1 << 20;
  options.copy = true;
  SLUICE_ASSIGN_OR_RETURN(const auto target, Open(options));
  SLUICE_ASSIGN_OR_RETURN(const auto page_size, QueryInt("PRAGMA page_size"));
  sqlite3_backup* const copy = sqlite3_backup_init(target->db_, "main", db_, "main");
  if (copy == nullptr) return ErrorOf(target->db_, "cannot copy a database");
  int code = SQLITE_OK;
  int done = 0;
  absl::Status status;
  while (code == SQLITE_OK && status.ok()) {
    code = sqlite3_backup_step(copy, kPagesAtOnce);
    const int copied = sqlite3_backup_pagecount(copy) - sqlite3_backup_remaining(copy);
    status = on_bytes(static_cast<uint64_t>(copied - done) *
                      static_cast<uint64_t>(page_size.value_or(0)));
    done = copied;
  }
  if (sqlite3_backup_finish(copy) != SQLITE_OK) {
    return ErrorOf(target->db_, fmt::format("cannot copy the database {}", path_));
  }
  return status;
}

int64_t SqliteConnection::changes() const {
  return sqlite3_changes64(db_);
}

void SqliteConnection::EnableTriggers(bool on) {
  SLUICE_CHECK(
      sqlite3_db_config(db_, SQLITE_DBCONFIG_ENABLE_TRIGGER, on ? 1 : 0, nullptr) == SQLITE_OK,
      "triggers cannot be switched");
}

std::string QuoteIdentifier(std::string_view name) {
  std::string quoted = "\"";
  for (const char c : name) {
    if (c == '"') quoted.push_back('"');
    quoted.push_back(c);
  }
  quoted.push_back('"');
  return quoted;
}

}  // namespace sluice::database
