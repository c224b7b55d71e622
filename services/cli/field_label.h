// What a person calls a field of a dataset.
#pragma once

#include <string>

#include "cli/language.h"
#include "sluice/plan/v1/plan.pb.h"

namespace sluice::cli {

// Its label in the language, else its name. Of a field, or of the dataset itself.
template <typename Labelled>
std::string LabelOf(const Labelled& labelled, Language language) {
  const std::string& label =
      language == Language::kChinese ? labelled.label_zh() : labelled.label_en();
  return label.empty() ? labelled.name() : label;
}

// The same by the field's name; a name that is no field's stands for itself.
inline std::string LabelOfField(const plan::v1::Dataset& dataset, const std::string& name,
                                Language language) {
  for (const plan::v1::Field& field : dataset.fields()) {
    if (field.name() == name) return LabelOf(field, language);
  }
  return name;
}

}  // namespace sluice::cli
