// Why a file is refused, in the language of who reads: what to do about it, beside the message.
#pragma once

#include <string_view>

#include "cli/language.h"

namespace sluice::cli {

// `code` of spreadsheet/refusal.h. Empty for others, and in English, which the message is in.
std::string_view RefusalText(Language language, std::string_view code);

}  // namespace sluice::cli
