// What a column is, from what its header says and what its values are.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/recognise/column_kind.h"
#include "common/recognise/header_meaning.h"
#include "common/recognise/value_profile.h"

namespace sluice::recognise {

// A reason in words for the file's owner; counts and headers, never a value.
struct Evidence {
  std::string english;
  std::string chinese;
};

struct RecognisedColumn {
  // The header says nothing (column_3) or there is none: only the values speak.
  bool placeholder = false;
  HeaderMeaning meaning;
  ValueProfile values;
  ColumnKind kind = ColumnKind::kText;
  // 0 to 1.
  double confidence = 0;
  std::vector<Evidence> evidence;
};

// The kind the values alone speak for and the share of them that do; kText when none.
struct ValueKind {
  ColumnKind kind = ColumnKind::kText;
  double share = 0;
};
ValueKind KindOfValues(const ValueProfile& values);

// `headerless`: the names are made up (column_1), whatever they look like. Column i of the result
// is headers[i]. Looks at all rows that are given: a few hundred are enough. Thread-safe.
std::vector<RecognisedColumn> RecogniseColumns(const std::vector<std::string>& headers,
                                               bool headerless,
                                               std::span<const std::vector<std::string>> rows);

}  // namespace sluice::recognise
