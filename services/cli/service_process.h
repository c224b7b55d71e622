// A process over Kafka: one service or all five, with metrics, health and an orderly stop.
#pragma once

#include <string>

#include "cli/command_line.h"

namespace sluice::cli {

// Until it is told to stop, or something fails for good; the exit code. `target` is a service or
// "all".
int ServeOverKafka(CommandContext& context, const config::LoadedSettings& loaded,
                   const std::string& target);

}  // namespace sluice::cli
