// In which state an import is, for people.
#pragma once

#include <string>

#include "cli/language.h"
#include "sluice/control/v1/import.pb.h"

namespace sluice::cli {

// "rolled back" / "已回滚".
std::string StateText(Language language, control::v1::ImportState state);

}  // namespace sluice::cli
