// The settings of a process, with their defaults. Every field is a row of the table in
// setting_table.h, which says its name, bounds and meaning once for all uses; docs/configuration.md
// is generated from there.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"

namespace sluice::config {

// Sizes in bytes, times in seconds. A value; thread-compatible.
struct Settings {
  // Empty means the user's data folder: $XDG_DATA_HOME/sluice, else $HOME/.local/share/sluice.
  std::string data_dir;

  struct Log {
    std::string format = "auto";
    std::string level = "info";
  } log;

  struct Address {
    std::string host;
    int64_t port;
  };
  Address http{"127.0.0.1", 7401};
  struct Grpc {
    std::string host = "127.0.0.1";
    int64_t port = 7400;
    struct Tls {
      // What this process shows, as a server and to a server that asks for it.
      std::string certificate_file;
      std::string key_file;
      // Of clients' certificates; empty: clients need none.
      std::string client_ca_file;
      // Of the certificates of servers this process calls; empty: it calls without TLS.
      std::string ca_file;
    } tls;
    // Who may call what; empty: everybody everything.
    std::string access_file;
    // What this process shows where it calls.
    std::string token_file;
    // Without TLS or access control where other machines reach it.
    bool insecure = false;
  } grpc;

  int64_t partitions = 4;

  struct Backup {
    // Where backups go that name no directory. Empty: beside the data directory.
    std::string dir;
  } backup;

  // Which of several processes of a service this is; empty means the host's name.
  std::string instance;

  // Where customers go when services are several processes: NAME=URL, separated by spaces. The
  // first is the one for imports that name none.
  std::string sinks;

  struct Postgres {
    // Connection string of the role that makes and upgrades tables; what it says replaces what the
    // URL of a sink says. Empty: the sink's own role does it.
    std::string owner;
  } postgres;

  struct Control {
    // Where the other services find control.
    std::string address = "127.0.0.1:7400";
    // Where control keeps imports and counts: "postgresql://..." for several controls. Empty means
    // control.db in the data directory.
    std::string database;
  } control;

  struct Uploads {
    // Empty means `uploads` in the data directory.
    std::string dir;
  } uploads;

  struct Lease {
    // How long an import stays with an ingest that says nothing.
    double seconds = 10;
  } lease;
  struct Push {
    int64_t port = 7410;
    double idle_seconds = 300;
    double repeat_window_seconds = 86400;
  } push;

  // The log over Apache Kafka; without brokers it is the one in the data directory.
  struct Kafka {
    std::string brokers;
    std::string prefix = "sluice";
    std::string security = "plaintext";
    struct Tls {
      std::string ca_file;
      std::string certificate_file;
      std::string key_file;
      std::string key_password;
    } tls;
    struct Sasl {
      std::string mechanism;
      std::string username;
      std::string password;
    } sasl;
    double session_timeout_seconds = 10;
    double transaction_timeout_seconds = 15;
    int64_t replication_factor = 3;
    int64_t min_insync_replicas = 2;
    // Of librdkafka: name=value, separated by spaces.
    std::string properties;
  } kafka;

  struct Ordering {
    int64_t import_max = int64_t{64} << 20;
  } ordering;

  // How far ingest may be ahead of the sink, over all running imports of a sink together.
  struct Lead {
    double seconds = 1.0;
    int64_t rows_min = 10'000;
    int64_t rows_max = 100'000;
    int64_t bytes_max = int64_t{64} << 20;
  } lead;

  struct Batch {
    int64_t records_max = 10'000;
    int64_t bytes_max = int64_t{8} << 20;
  } batch;

  struct Rollback {
    // After as many days an import cannot be rolled back any more; 0 keeps its journal for good.
    int64_t window_days = 30;
  } rollback;

  struct Shutdown {
    double timeout_seconds = 50;
  } shutdown;

  struct Limits {
    int64_t row_bytes_max = 262'144;
    int64_t upload_bytes_max = int64_t{50} << 30;
    int64_t push_batch_bytes_max = int64_t{8} << 20;
    int64_t push_bytes_max = int64_t{64} << 20;
  } limits;

  // Checks every bound of the table and what must hold between settings. InvalidArgument names the
  // setting to change.
  absl::Status Validate() const;
};

}  // namespace sluice::config
