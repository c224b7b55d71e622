// A dataset as a sink keeps it: the same fields in the same order, but what refers to another row
// holds that row's id, in a column of its own name (account -> account_id). Plain numbers: the
// database knows of no reference and removes nothing because of one.
#pragma once

#include <vector>

#include "common/plan/dataset.h"

namespace sluice::load {

namespace planpb = ::sluice::plan::v1;

// Of a plan: references to datasets it does not know are text under the field's own name, as plans
// made before there were references.
planpb::Dataset StoredDataset(const planpb::Plan& plan);

// Of a dataset file: every reference that names its dataset is one.
planpb::Dataset StoredDataset(const planpb::Dataset& dataset);

// All that an import of the plan will write to: each once, those of its parts before those that
// are only referred to.
std::vector<planpb::Dataset> StoredDatasets(const planpb::Plan& plan);

}  // namespace sluice::load
