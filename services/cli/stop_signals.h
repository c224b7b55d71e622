// SIGINT and SIGTERM of a process that serves: the first asks it to stop, the second ends it.
#pragma once

namespace sluice::cli {

void TakeStopSignals();
// How many have come.
int StopSignals();

}  // namespace sluice::cli
