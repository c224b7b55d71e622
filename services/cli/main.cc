#include <malloc.h>

#include "cli/command_line.h"

int main(int argc, char** argv) {
  // A handful of threads pass buffers on to each other; an arena for each would keep what they
  // free (RocksDB's and SQLite's advice for glibc).
  ::mallopt(M_ARENA_MAX, 2);
  return sluice::cli::RunCommandLine(argc, argv);
}
