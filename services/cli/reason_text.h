// Outcomes, and what is said of rows and values (docs/cleaning.md), in plain words.
#pragma once

#include <string>
#include <string_view>

#include "cli/language.h"
#include "sluice/record/v1/result.pb.h"

namespace sluice::cli {

// "rejected" / "拒绝".
std::string_view OutcomeText(Language language, record::v1::Outcome outcome);

// "not a valid e-mail address" / "邮箱格式不正确"; an unknown code stands for itself.
std::string_view ReasonText(Language language, std::string_view code);

// Whether the code says that a value was changed and stays good: nothing that a person must mend.
bool IsRepair(std::string_view code);

}  // namespace sluice::cli
