// Which column of a file goes to which field of a dataset, when nobody has said: what `sluice
// inspect` shows and what an import without a mapping does.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/formats/source_shape.h"
#include "common/plan/dataset.h"
#include "common/plan/date_order.h"
#include "common/recognise/recognise_column.h"

namespace sluice::plan {

struct SuggestedField {
  // Index into the dataset's fields.
  uint32_t field = 0;
  // 0 to 1; at least kEnoughToMap.
  double confidence = 0;
  // Of the sample's values that are not blank, those that do not fit the field's type.
  uint32_t values = 0;
  uint32_t unfit = 0;
  // Of fields that are dates.
  DateEvidence dates;
};

struct SuggestedColumn {
  recognise::RecognisedColumn column;
  // Nothing: the column becomes a custom field.
  std::optional<SuggestedField> to;
};

// One entry a column of the shape, judged by its name and by sample_rows. A field is given once, to
// the best of all assignments; none where nothing is sure or two columns fit it alike. Depends on
// shape and dataset only. Thread-safe.
std::vector<SuggestedColumn> SuggestColumns(const formats::SourceShape& shape,
                                            const planpb::Dataset& dataset);

}  // namespace sluice::plan
