// SQLite's files on a machine that can lose its power: a VFS over the machine's own that remembers
// what every write since the last sync of a file replaced. Real syncs are left out.
//
// Order: LosePower (every later write fails), close the connections, Restore (the files become what
// the disk would hold), open again.
#pragma once

#include <memory>
#include <random>
#include <string>

namespace sluice::testing {

struct PowerLossVfsState;

// Registers itself with SQLite under its name while it lives. Thread-safe.
class PowerLossVfs {
 public:
  explicit PowerLossVfs(const std::string& name);
  // No connection that uses it may be open.
  ~PowerLossVfs();
  PowerLossVfs(const PowerLossVfs&) = delete;
  PowerLossVfs& operator=(const PowerLossVfs&) = delete;

  const std::string& name() const;
  void LosePower();
  // Of a file's writes that were not synced, the first ones may survive when `keep_some`.
  void Restore(std::mt19937_64& random, bool keep_some);

 private:
  std::unique_ptr<PowerLossVfsState> state_;
};

}  // namespace sluice::testing
