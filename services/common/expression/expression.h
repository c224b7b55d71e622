// One expression of a mapping, in Lua 5.4: `cell["姓"] .. cell["名"]`.
//
// It sees the cells of one row and a few functions on text, and nothing else: no library is opened,
// so there are no files, no clock, no randomness and no way to load code. It can keep nothing from
// row to row: what it might write to refuses. So it gives the same answer wherever a row is worked
// on. It is stopped after a number of instructions, and has a memory of its own that is small.
//
//   cell["header"]   the cell of this column as text, "" when it is blank; cell[1] by number
//   upper(s) lower(s) trim(s) replace(s, from, to) part(s, separator, n) contains(s, t) number(s)
//
// An answer is text, a number or a boolean; nil is a blank value. Cells are text: number() before
// counting with them.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace sluice::expression {

struct Limits {
  // Of the virtual machine, for one row.
  int instructions = 100'000;
  size_t memory_bytes = 1u << 20;
  // Of the text of the expression.
  size_t source_bytes = 4096;
  // Of an answer.
  size_t answer_bytes = 64u << 10;
};

// Thread-compatible: one for each thread.
class Expression {
 public:
  // `columns` are the headers of the source. InvalidArgument, with the line of the expression, when
  // it is not one expression or names a column that is not there as a literal (cell["..."]).
  static absl::StatusOr<std::unique_ptr<Expression>> Compile(std::string_view source,
                                                             std::span<const std::string> columns,
                                                             const Limits& limits = {});
  ~Expression();

  // The answer for a row; one cell a column, missing ones are blank. FailedPrecondition, in words
  // without values, when it fails for this row. Valid until the next call.
  absl::StatusOr<std::string_view> Evaluate(std::span<const std::string_view> cells);

 private:
  class Machine;
  explicit Expression(std::unique_ptr<Machine> machine);

  const std::unique_ptr<Machine> machine_;
};

}  // namespace sluice::expression
