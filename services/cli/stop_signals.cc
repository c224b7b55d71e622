#include "cli/stop_signals.h"

#include <csignal>
#include <cstdlib>

#include "cli/exit_code.h"

namespace sluice::cli {
namespace {

volatile std::sig_atomic_t g_signals = 0;

void OnSignal(int) {
  // The second signal means now.
  g_signals = g_signals + 1;
  if (g_signals > 1) std::_Exit(kInterrupted);
}

}  // namespace

void TakeStopSignals() {
  std::signal(SIGINT, OnSignal);
  std::signal(SIGTERM, OnSignal);
}

int StopSignals() {
  return g_signals;
}

}  // namespace sluice::cli
