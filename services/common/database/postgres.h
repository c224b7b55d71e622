// PostgreSQL behind values and Status.
//
// Values travel as binary parameters, never inside SQL text. Error texts name host and database,
// never the connection string (it may hold a password) and never a value.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

struct pg_conn;
struct pg_result;

namespace sluice::database {

struct PostgresOptions {
  // URL or keyword string of libpq; TLS by sslmode and its companions.
  std::string connection;
  // A number in the connection string goes before this one.
  int connect_timeout_seconds = 10;
  int statement_timeout_ms = 60000;
  int lock_timeout_ms = 10000;
  // A transaction that does nothing for as long is ended by the server: who sleeps in one must not
  // hold up the others.
  int idle_in_transaction_timeout_ms = 15000;
  // Set once after connecting, as "name = value" of SET; constants of the program, not input.
  std::vector<std::string> settings;
};

// A one-dimensional array parameter, in the wire's binary form.
class PostgresArray {
 public:
  static PostgresArray OfInts() { return PostgresArray(kInt8); }
  static PostgresArray OfTexts() { return PostgresArray(kText); }
  static PostgresArray OfBlobs() { return PostgresArray(kBlob); }

  void Add(int64_t value);
  void Add(std::string_view value);
  void AddNull();
  size_t size() const { return size_; }

 private:
  friend class PostgresParameters;
  static constexpr uint32_t kBlob = 17;
  static constexpr uint32_t kInt8 = 20;
  static constexpr uint32_t kText = 25;
  explicit PostgresArray(uint32_t type);

  uint32_t type_;
  uint32_t size_ = 0;
  std::string bytes_;
};

// Parameters of one statement, in order. Copies what it is given.
class PostgresParameters {
 public:
  PostgresParameters& Int(int64_t value);
  PostgresParameters& Text(std::string_view value);
  PostgresParameters& Blob(std::string_view value);
  PostgresParameters& Array(PostgresArray&& array);

 private:
  friend class PostgresConnection;
  void Add(uint32_t type, std::string&& bytes);

  std::vector<uint32_t> types_;
  std::vector<std::string> values_;
};

// What a statement gave. Rows and columns count from 0; views live as long as the object.
class PostgresRows {
 public:
  explicit PostgresRows(pg_result* result) : result_(result) {}
  ~PostgresRows();
  PostgresRows(PostgresRows&& other) noexcept;
  PostgresRows& operator=(PostgresRows&& other) noexcept;

  int size() const;
  // Rows that the statement wrote.
  int64_t affected() const;
  bool IsNull(int row, int column) const;
  // smallint, integer, bigint, oid and xid.
  int64_t Int(int row, int column) const;
  bool Bool(int row, int column) const;
  // text, varchar, name and bytea.
  std::string_view Text(int row, int column) const;

 private:
  friend class PostgresConnection;
  const pg_result* raw() const { return result_; }

  pg_result* result_;
};

// Rows for COPY ... FROM STDIN (FORMAT binary). Values must be of the columns' types.
class PostgresCopy {
 public:
  PostgresCopy();
  void Row(int columns);
  void Int(int64_t value);
  void SmallInt(int16_t value);
  void Bytes(std::string_view value);
  void Null();
  // All of it; nothing may be added after.
  std::string_view Finish();

 private:
  std::string bytes_;
};

// One connection. Thread-compatible. After a loss of the connection calls give Unavailable until
// Reconnect.
class PostgresConnection {
 public:
  static absl::StatusOr<std::unique_ptr<PostgresConnection>> Open(const PostgresOptions& options);
  ~PostgresConnection();
  PostgresConnection(const PostgresConnection&) = delete;
  PostgresConnection& operator=(const PostgresConnection&) = delete;

  // False when the connection is known to be lost.
  bool alive() const;
  // A new connection in place of the lost one; what was open is void.
  absl::Status Reconnect();

  // Runs statements without parameters and without results.
  absl::Status Execute(std::string_view sql);
  // Runs one statement, prepared at its first use.
  absl::StatusOr<PostgresRows> Query(std::string_view sql, const PostgresParameters& parameters);
  absl::StatusOr<PostgresRows> Query(std::string_view sql) { return Query(sql, {}); }
  // Runs a COPY ... FROM STDIN with these bytes.
  absl::Status Copy(std::string_view sql, std::string_view bytes);
  // Prepared statements are prepared anew: somebody changed a table.
  absl::Status ForgetStatements();

  absl::Status Begin();
  absl::Status Commit();
  // Without a transaction does nothing.
  void Rollback();
  bool in_transaction() const;

  // "database at host", for messages.
  const std::string& name() const { return name_; }

 private:
  PostgresConnection(PostgresOptions options, std::string name)
      : options_(std::move(options)), name_(std::move(name)) {}
  absl::Status Connect();
  absl::Status ErrorOf(const pg_result* result, std::string_view what) const;
  absl::StatusOr<std::string> Prepared(std::string_view sql, const PostgresParameters& parameters);

  const PostgresOptions options_;
  const std::string name_;
  pg_conn* connection_ = nullptr;
  // Names of prepared statements by their text.
  std::map<std::string, std::string, std::less<>> statements_;
  uint64_t statement_count_ = 0;
};

}  // namespace sluice::database
