// The normal form of an answer: `true` or `false`.
#pragma once

#include <string>
#include <string_view>

#include "common/normalize/value_result.h"

namespace sluice::normalize {

// From true/false, yes/no, y/n, 1/0 in any ASCII case, 是/否, 对/错, 有/无, ✓/✗; else
// type_mismatch. The text has had the text repairs of TextKind::kBoolean. Thread-safe.
ValueResult NormalizeBoolean(std::string_view text, std::string& buffer);

}  // namespace sluice::normalize
