// One cell to the normal form of its type: text repairs, then the type's own rules.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/normalize/date.h"
#include "common/normalize/email.h"
#include "common/normalize/phone.h"
#include "common/normalize/repair.h"
#include "common/normalize/text.h"
#include "common/plan/issue.h"
#include "sluice/plan/v1/plan.pb.h"

namespace sluice::plan {

namespace planpb = ::sluice::plan::v1;

struct CellSpec {
  planpb::FieldType type = planpb::FIELD_TYPE_TEXT;
  // What issues call the value.
  std::string field;
  std::string region;
  uint32_t length_max = 0;
  bool keep_unfit = false;
  // Of dates whose year does not come first.
  normalize::DateOrder dates = normalize::DateOrder::kUnknown;
  normalize::RepairSet disabled;
  std::vector<planpb::PicklistOption> options;
};

struct CellResult {
  // Normal form; empty = blank.
  std::string_view value;
  // The original text when the value did not fit and is to be kept.
  std::string_view unfit;
  // The value did not fit and is not kept.
  bool withheld = false;
};

// Thread-compatible: owns the buffers of its results, which are valid until the next call.
class CellNormalizer {
 public:
  explicit CellNormalizer(CellSpec spec);

  // Appends what it has to say to `issues`. `text` must outlive the result.
  CellResult Normalize(std::string_view text, std::vector<Issue>& issues);
  const CellSpec& spec() const { return spec_; }

 private:
  normalize::ValueResult NormalizeType(std::string_view text);
  normalize::ValueResult NormalizeOption(std::string_view text) const;

  const CellSpec spec_;
  const normalize::TextKind kind_;
  std::string text_buffer_;
  std::string value_buffer_;
  std::unique_ptr<normalize::EmailNormalizer> email_;
  std::unique_ptr<normalize::PhoneNormalizer> phone_;
  // Lower-case value or label to value.
  std::map<std::string, std::string, std::less<>> options_;
};

}  // namespace sluice::plan
