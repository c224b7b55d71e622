// A broken invariant is a defect of Sluice itself: it stops the process at once, loudly, before it
// can write anything wrong. Never use it for input, configuration or the world.
#pragma once

#include <string_view>

namespace sluice::base {

[[noreturn]] void CheckFailed(const char* file, int line, const char* condition,
                              std::string_view detail);

}  // namespace sluice::base

#define SLUICE_CHECK(condition, detail)                                      \
  do {                                                                       \
    if (!(condition)) [[unlikely]] {                                         \
      ::sluice::base::CheckFailed(__FILE__, __LINE__, #condition, (detail)); \
    }                                                                        \
  } while (false)
