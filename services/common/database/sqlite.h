// SQLite behind values and Status. The only place that includes sqlite3.h.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

struct sqlite3;
struct sqlite3_stmt;

namespace sluice::database {

struct SqliteOptions {
  std::string path;
  // A writer that others must be able to rely on after a power loss: synchronous=FULL, WAL.
  bool read_only = false;
  // Nobody needs it after a crash: nothing is synced.
  bool scratch = false;
  // What CopyTo makes: of no use before it is whole.
  bool copy = false;
  // Refuses to create a file that is not there.
  bool must_exist = false;
  int64_t cache_bytes = 64 << 20;
  // How long to wait for another process's write lock.
  int busy_timeout_ms = 10000;
  // Name of a VFS registered with SQLite; empty = the default. The power-loss simulation's.
  std::string vfs;
};

class SqliteConnection;

// A prepared statement. Values bound as text or blob must live until the next Reset or Step that
// ends it. Thread-compatible; must not outlive its connection.
class SqliteStatement {
 public:
  SqliteStatement() = default;
  ~SqliteStatement();
  SqliteStatement(SqliteStatement&& other) noexcept;
  SqliteStatement& operator=(SqliteStatement&& other) noexcept;

  // Parameters count from 1.
  SqliteStatement& Bind(int parameter, int64_t value);
  SqliteStatement& Bind(int parameter, std::string_view text);
  SqliteStatement& BindBlob(int parameter, std::string_view bytes);
  SqliteStatement& BindNull(int parameter);
  // True when a row is there. After false or an error the statement is reset and may be bound anew.
  absl::StatusOr<bool> Step();
  // Runs a statement that gives no rows.
  absl::Status Run();
  void Reset();

  // Columns count from 0. Views are valid until the next Step or Reset.
  bool IsNull(int column) const;
  int64_t Int(int column) const;
  std::string_view Text(int column) const;
  std::string_view Blob(int column) const;

 private:
  friend class SqliteConnection;
  explicit SqliteStatement(sqlite3_stmt* statement) : statement_(statement) {}

  sqlite3_stmt* statement_ = nullptr;
};

// One connection. Thread-compatible.
class SqliteConnection {
 public:
  static absl::StatusOr<std::unique_ptr<SqliteConnection>> Open(const SqliteOptions& options);
  ~SqliteConnection();
  SqliteConnection(const SqliteConnection&) = delete;
  SqliteConnection& operator=(const SqliteConnection&) = delete;

  absl::StatusOr<SqliteStatement> Prepare(std::string_view sql);
  // Runs statements without parameters and without results.
  absl::Status Execute(std::string_view sql);
  // The first column of the first row, or nothing.
  absl::StatusOr<std::optional<int64_t>> QueryInt(std::string_view sql);
  // BEGIN IMMEDIATE, COMMIT, ROLLBACK. Rollback without a transaction does nothing. Commit is
  // refused with FailedPrecondition when the file is no longer where it was opened.
  absl::Status Begin();
  absl::Status Commit();
  void Rollback();
  // From now on reads what is there at this moment, whatever others write; until Rollback. Holds
  // nobody up, but the write-ahead log of the file grows as long.
  absl::Status BeginSnapshot();
  // Copies all that is read now to a new file, which is not synced. `on_bytes` hears of what was
  // copied since the last call; not OK ends the work with that.
  absl::Status CopyTo(const std::string& path,
                      const std::function<absl::Status(uint64_t bytes)>& on_bytes);
  // Rows changed by the last statement.
  int64_t changes() const;
  // Turns the triggers of this connection on or off.
  void EnableTriggers(bool on);
  const std::string& path() const { return path_; }

 private:
  SqliteConnection(sqlite3* db, std::string path) : db_(db), path_(std::move(path)) {}

  sqlite3* const db_;
  const std::string path_;
};

// An SQL identifier in double quotes.
std::string QuoteIdentifier(std::string_view name);

}  // namespace sluice::database
