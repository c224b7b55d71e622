// Values that look like those of real files and belong to nobody: composed from lists by number.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sluice::recognise {

// The value of a row; the same for the same arguments. A CHECK fails for a kind it does not know.
std::string SyntheticValue(std::string_view kind, uint32_t row);

}  // namespace sluice::recognise
