// Switches of the verbs that read a file: what is said of it is not found out.
#pragma once

#include "cli/verb.h"
#include "common/formats/reading_choice.h"

namespace sluice::cli {

// `choice` outlives the verb.
void AddReadingOptions(Verb& verb, formats::ReadingChoice& choice);

}  // namespace sluice::cli
