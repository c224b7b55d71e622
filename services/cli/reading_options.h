// Switches of the verbs that read a file: what is said of it is not found out.
#pragma once

#include "common/formats/reading_choice.h"

namespace CLI {
class App;
}

namespace sluice::cli {

// `choice` outlives the verb.
void AddReadingOptions(CLI::App& verb, formats::ReadingChoice& choice);

}  // namespace sluice::cli
