#include "common/plan/suggestion.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "common/formats/result_columns.h"
#include "common/plan/assignment.h"
#include "common/plan/cell_normalizer.h"
#include "common/plan/field_match.h"
#include "common/plan/mapping_file.h"

namespace sluice::plan {
namespace {

using recognise::Attribute;
using recognise::ColumnKind;
using recognise::HeaderMeaning;
using recognise::RecognisedColumn;
using recognise::Subject;

// Closer than this, two columns fit alike.
constexpr double kAlike = 0.004;
// Below this share of values that fit, a column is not mapped to a field that would lose the
// others.
constexpr double kLeastFit = 0.5;
// The same for fields that keep what does not fit beside them.
constexpr double kLeastKeptFit = 0.2;
constexpr uint32_t kEnoughValues = 5;

// Whose rows the dataset has.
Subject OwnSubject(const planpb::Dataset& dataset) {
  for (const std::string& text : {dataset.name(), dataset.label_en(), dataset.label_zh()}) {
    const HeaderMeaning meaning = recognise::ReadHeader(text);
    if (meaning.subject != Subject::kNone) return meaning.subject;
  }
  return Subject::kNone;
}

struct Fit {
  uint32_t values = 0;
  uint32_t unfit = 0;
  DateEvidence dates;
  // Dates that nobody can read without being told are dates all the same.
  uint32_t misfits() const { return unfit - (dates.undecided() ? dates.either : 0); }
};

Fit CountFit(const planpb::Field& field, const std::string& region,
             const std::vector<std::vector<std::string>>& rows, size_t column) {
  CellSpec spec{.type = field.type(), .field = field.name(), .region = region};
  spec.length_max = field.length_max();
  spec.options.assign(field.options().begin(), field.options().end());
  Fit fit;
  if (IsDate(field.type())) {
    const uint32_t columns[] = {static_cast<uint32_t>(column)};
    fit.dates = JudgeDates(rows, columns);
    spec.dates = OrderOf(fit.dates.order());
  }
  CellNormalizer normalizer(std::move(spec));
  std::vector<Issue> issues;
  for (const std::vector<std::string>& row : rows) {
    if (column >= row.size()) continue;
    issues.clear();
    const CellResult result = normalizer.Normalize(row[column], issues);
    if (!result.value.empty()) {
      ++fit.values;
    } else if (!issues.empty() &&
               issues.front().code != normalize::Name(normalize::Repair::kPlaceholderRemoved)) {
      ++fit.values;
      ++fit.unfit;
    }
  }
  return fit;
}

// What was seen of a column whose dates do not all begin with the year.
void ExplainDates(const DateEvidence& dates, RecognisedColumn& column) {
  const uint32_t telling = dates.day_first + dates.month_first;
  if (dates.order() != planpb::DATE_ORDER_UNSPECIFIED) {
    const bool day = dates.order() == planpb::DATE_ORDER_DMY;
    column.evidence.push_back(
        {fmt::format("dates: {} first ({}), by {} values that exist in no other order",
                     day ? "day" : "month", DateOrderName(dates.order()), telling),
         fmt::format("日期按{}在前（{}）读取：有 {} 个值只能这样读", day ? "日" : "月",
                     DateOrderName(dates.order()), telling)});
  } else if (telling > 0) {
    column.evidence.push_back(
        {fmt::format(
             "dates contradict each other: {} have the day first, {} the month, {} could be "
             "either: say dates: dmy or dates: mdy in a mapping",
             dates.day_first, dates.month_first, dates.either),
         fmt::format("日期写法互相矛盾：{} 个日在前，{} 个月在前，{} 个两者皆可，请在映射中用 "
                     "dates: dmy 或 dates: mdy 指明",
                     dates.day_first, dates.month_first, dates.either)});
  } else if (dates.either > 0) {
    column.evidence.push_back(
        {fmt::format("{} dates could have the day first or the month, and nothing tells which: say "
                     "dates: dmy or dates: mdy in a mapping",
                     dates.either),
         fmt::format("有 {} 个日期无法判断日在前还是月在前，请在映射中用 dates: dmy 或 dates: mdy "
                     "指明",
                     dates.either)});
  }
}

bool SomeColumnIsNamedFor(const FieldMatch& match, const std::vector<RecognisedColumn>& columns) {
  return std::any_of(columns.begin(), columns.end(), [&](const RecognisedColumn& column) {
    const HeaderMeaning& meaning = column.meaning;
    return !column.placeholder && meaning.attribute == Attribute::kName &&
           (meaning.subject == Subject::kCompany || meaning.subject == Subject::kCustomer ||
            meaning.subject == Subject::kNone) &&
           match.IsCompanyName();
  });
}

class Suggester {
 public:
  Suggester(const formats::SourceShape& shape, const planpb::Dataset& dataset)
      : shape_(shape), dataset_(dataset) {
    const bool headerless = shape.header_row == 0 && shape.format != formats::Format::kNdjson &&
                            !shape.sample_rows.empty();
    columns_ = recognise::RecogniseColumns(shape.columns, headerless, shape.sample_rows);
    const Subject own = OwnSubject(dataset);
    for (const planpb::Field& field : dataset.fields()) matches_.emplace_back(field, own);
  }

  std::vector<SuggestedColumn> Suggest() {
    ScoreAll();
    const auto assigned = BestAssignment(scores_);
    std::vector<SuggestedColumn> suggested(columns_.size());
    for (size_t f = 0; f < assigned.size(); ++f) {
      if (!assigned[f].has_value()) continue;
      const size_t c = *assigned[f];
      if (IsAlikeAnother(f, c, assigned)) continue;
      suggested[c].to = {.field = static_cast<uint32_t>(f),
                         .confidence = std::min(1.0, std::round(scores_[f][c] * 100) / 100),
                         .values = fits_[f][c].values,
                         .unfit = fits_[f][c].unfit,
                         .dates = fits_[f][c].dates};
      ExplainDates(fits_[f][c].dates, columns_[c]);
    }
    for (size_t c = 0; c < columns_.size(); ++c) suggested[c].column = std::move(columns_[c]);
    return suggested;
  }

 private:
  void ScoreAll() {
    scores_.assign(matches_.size(), std::vector<double>(columns_.size()));
    fits_.assign(matches_.size(), std::vector<Fit>(columns_.size()));
    for (size_t f = 0; f < matches_.size(); ++f) {
      for (size_t c = 0; c < columns_.size(); ++c) {
        // What Sluice added to rows to be mended is no data.
        if (!formats::IsResultColumn(shape_.columns, c)) scores_[f][c] = Score(f, c);
      }
    }
  }
  double Score(size_t f, size_t c) {
    const FieldMatch& match = matches_[f];
    const RecognisedColumn& column = columns_[c];
    double score = 0;
    if (column.placeholder) {
      score = match.ValuesAlone(column);
    } else {
      score = match.Header(shape_.columns[c], column.meaning);
      if (IsPersonUnproven(match, c)) score = 0;
      score = std::max(score, PromotedName(match, column));
      score = std::max(score, ForeignEmail(match, column));
    }
    if (score < kEnoughToMap) return 0;
    if (match.Contradicts(column)) return Refuse(column.values, c);
    const Fit fit = CountFit(match.field(), dataset_.region(), shape_.sample_rows, c);
    fits_[f][c] = fit;
    if (TooManyUnfit(match.field(), fit)) return Refuse(column.values, c);
    // Among equals the fuller one, then the one further to the left.
    const double share = fit.values == 0 ? 0
                                         : 1.0 - static_cast<double>(fit.misfits()) /
                                                     static_cast<double>(fit.values);
    score += 0.015 * column.values.Fill() * share;
    score -= 1e-6 * static_cast<double>(c);
    return score;
  }
  double Refuse(const recognise::ValueProfile&, size_t c) {
    if (refused_.size() < columns_.size()) refused_.resize(columns_.size());
    if (!refused_[c]) {
      columns_[c].evidence.push_back(
          {"its values do not fit the field that its header names: "
           "kept as a custom field",
           "数据与列名所指字段的类型不符，保留为自定义字段"});
    }
    refused_[c] = true;
    return 0;
  }
  static bool TooManyUnfit(const planpb::Field& field, const Fit& fit) {
    if (fit.values < kEnoughValues) return false;
    const double share = 1.0 - static_cast<double>(fit.misfits()) / static_cast<double>(fit.values);
    return share < (field.on_unfit() == planpb::ON_UNFIT_KEEP ? kLeastKeptFit : kLeastFit);
  }
  // A bare name is a person's only where the values are.
  bool IsPersonUnproven(const FieldMatch& match, size_t c) const {
    const RecognisedColumn& column = columns_[c];
    return column.meaning.attribute == Attribute::kName &&
           column.meaning.subject == Subject::kNone && !match.IsCompanyName() &&
           !match.IsCalled(shape_.columns[c], column.meaning) &&
           column.values.Share(column.values.person_name) < 0.6;
  }
  // Where no column has the name of a company or customer, the person is the customer.
  double PromotedName(const FieldMatch& match, const RecognisedColumn& column) const {
    const bool person = column.meaning.attribute == Attribute::kFullName &&
                        (column.meaning.subject == Subject::kNone ||
                         column.meaning.subject == Subject::kCustomer) &&
                        !column.meaning.unknown_words &&
                        column.meaning.use == recognise::Use::kMain;
    if (!person || !match.field().required() || !match.IsCompanyName()) return 0;
    // More than it is worth as the contact's name.
    return SomeColumnIsNamedFor(match, columns_) ? 0 : 0.985;
  }
  // A header in a language that is not known, over the file's only e-mail addresses.
  double ForeignEmail(const FieldMatch& match, const RecognisedColumn& column) const {
    if (match.field().type() != planpb::FIELD_TYPE_EMAIL || column.meaning.known() ||
        column.meaning.subject != Subject::kNone || column.meaning.ambiguous ||
        column.values.filled < kEnoughValues || column.values.Share(column.values.email) < 0.9) {
      return 0;
    }
    const auto emails = std::count_if(columns_.begin(), columns_.end(), [](const auto& other) {
      return other.meaning.attribute == Attribute::kEmail ||
             other.values.Share(other.values.email) > 0.3;
    });
    return emails == 1 ? 0.72 : 0;
  }
  // Another column that went nowhere fits the field as well, and neither is called what it is.
  bool IsAlikeAnother(size_t f, size_t c, const std::vector<std::optional<size_t>>& assigned) {
    if (!columns_[c].placeholder && matches_[f].IsCalled(shape_.columns[c], columns_[c].meaning)) {
      return false;
    }
    for (size_t other = 0; other < columns_.size(); ++other) {
      if (other == c || scores_[f][other] <= 0) continue;
      if (std::find(assigned.begin(), assigned.end(), other) != assigned.end()) continue;
      if (scores_[f][c] - scores_[f][other] > kAlike) continue;
      for (const size_t both : {c, other}) {
        columns_[both].evidence.push_back(
            {"another column fits the same field as well: not mapped, name one in a mapping",
             "另有一列同样符合该字段，未自动对应，请在映射中指定"});
      }
      return true;
    }
    return false;
  }

  const formats::SourceShape& shape_;
  const planpb::Dataset& dataset_;
  std::vector<RecognisedColumn> columns_;
  std::vector<FieldMatch> matches_;
  std::vector<std::vector<double>> scores_;
  std::vector<std::vector<Fit>> fits_;
  std::vector<bool> refused_;
};

}  // namespace

std::vector<SuggestedColumn> SuggestColumns(const formats::SourceShape& shape,
                                            const planpb::Dataset& dataset) {
  return Suggester(shape, dataset).Suggest();
}

}  // namespace sluice::plan
