// How well one column fits one field of a dataset: by its header, and by whether its values are of
// the field's type.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/plan/dataset.h"
#include "common/recognise/recognise_column.h"

namespace sluice::plan {

// At least this much is mapped without being asked.
inline constexpr double kEnoughToMap = 0.7;

// What a field is called, read once. Thread-safe after construction.
class FieldMatch {
 public:
  FieldMatch(const planpb::Field& field, recognise::Subject own);

  // How the header fits: the label or name is 0.98, an alias 0.94, a phrase of the same meaning up
  // to 0.9, less for second numbers and the like; 0 when it says something else.
  double Header(std::string_view header, const recognise::HeaderMeaning& meaning) const;
  // True when it is the label, the name or an alias.
  bool IsCalled(std::string_view header, const recognise::HeaderMeaning& meaning) const;
  // How values that have no header fit.
  double ValuesAlone(const recognise::RecognisedColumn& column) const;
  // True when the values are plainly something else than what the field holds.
  bool Contradicts(const recognise::RecognisedColumn& column) const;
  // The name of whatever a row is, or of a company.
  bool IsCompanyName() const { return company_name_; }
  const planpb::Field& field() const { return field_; }

 private:
  double MeaningFit(const recognise::HeaderMeaning& meaning) const;
  double NameFit(const recognise::HeaderMeaning& meaning) const;
  double WhoseFit(const recognise::HeaderMeaning& meaning) const;
  double SubjectFit(const recognise::HeaderMeaning& meaning) const;

  const planpb::Field field_;
  const recognise::Subject own_;
  std::vector<std::string> label_keys_;
  std::vector<std::string> alias_keys_;
  std::vector<recognise::HeaderMeaning> meanings_;
  bool company_name_ = false;
  bool person_name_ = false;
};

}  // namespace sluice::plan
