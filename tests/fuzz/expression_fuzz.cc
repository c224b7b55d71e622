// Expressions: whatever the text, a refusal or an answer for any row, within the limits, the same a
// second time.
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/check.h"
#include "common/expression/expression.h"

namespace sluice::expression {
namespace {

constexpr std::array<std::string_view, 3> kCells = {"云杉", "138 0013 8000", ""};

void Try(std::string_view source) {
  static const std::vector<std::string> kColumns = {"name", "phone", "note"};
  const Limits limits{.instructions = 20'000, .memory_bytes = 256 << 10};
  const auto expression = Expression::Compile(source, kColumns, limits);
  if (!expression.ok()) return;
  const auto answer = (*expression)->Evaluate(kCells);
  const std::string first = answer.ok() ? std::string(*answer) : "failed";
  SLUICE_CHECK(first.size() <= limits.answer_bytes, "an answer is larger than its limit");
  const auto again = (*expression)->Evaluate(kCells);
  // Addresses differ; nothing else may.
  SLUICE_CHECK(answer.ok() == again.ok(), "an expression depends on what was before");
  SLUICE_CHECK(!again.ok() || *again == first, "an expression keeps something");
}

}  // namespace
}  // namespace sluice::expression

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  sluice::expression::Try({reinterpret_cast<const char*>(data), size});
  return 0;
}
