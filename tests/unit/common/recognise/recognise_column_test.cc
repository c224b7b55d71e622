#include "common/recognise/recognise_column.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "tests/unit/common/recognise/synthetic_values.h"

namespace sluice::recognise {
namespace {

RecognisedColumn Recognised(const std::string& header, const std::string& values,
                            uint32_t count = 50) {
  std::vector<std::vector<std::string>> rows;
  for (uint32_t row = 0; row < count; ++row) rows.push_back({SyntheticValue(values, row)});
  return RecogniseColumns({header}, false, rows).front();
}

TEST(RecogniseColumnTest, ValuesAloneTellTheirKind) {
  const std::vector<std::pair<std::string, ColumnKind>> kKinds = {
      {"email", ColumnKind::kEmail},
      {"mobile", ColumnKind::kMobile},
      {"landline", ColumnKind::kPhone},
      {"phone_us", ColumnKind::kPhone},
      {"url", ColumnKind::kUrl},
      {"rid", ColumnKind::kIdNumber},
      {"uscc", ColumnKind::kCreditCode},
      {"card", ColumnKind::kBankCard},
      {"date", ColumnKind::kDate},
      {"datetime", ColumnKind::kDatetime},
      {"gender", ColumnKind::kGender},
      {"province", ColumnKind::kProvince},
      {"city", ColumnKind::kCity},
      {"company", ColumnKind::kCompanyName},
      {"company_tw", ColumnKind::kCompanyName},
      {"address", ColumnKind::kAddress},
      {"street", ColumnKind::kAddress},
      {"person", ColumnKind::kPersonName},
      {"sequence", ColumnKind::kSequence},
      {"integer", ColumnKind::kInteger},
      {"amount", ColumnKind::kNumber},
      {"percent", ColumnKind::kPercentage},
      {"bool_zh", ColumnKind::kBoolean},
      {"code", ColumnKind::kExternalId},
      {"category", ColumnKind::kCategory},
      {"blank", ColumnKind::kEmpty},
  };
  for (const auto& [values, kind] : kKinds) {
    const RecognisedColumn column = Recognised("column_1", values);
    EXPECT_EQ(Name(column.kind), Name(kind)) << values;
    EXPECT_GE(column.confidence, 0.5) << values;
    EXPECT_LE(column.confidence, 1) << values;
    EXPECT_FALSE(column.evidence.empty());
  }
}

TEST(RecogniseColumnTest, HeaderAndValuesTogetherAreSurer) {
  const RecognisedColumn both = Recognised("电话", "mobile");
  EXPECT_EQ(both.kind, ColumnKind::kPhone);
  EXPECT_GT(both.confidence, Recognised("电话", "blank").confidence);
  EXPECT_GT(both.confidence, Recognised("column_1", "mobile").confidence);
  EXPECT_EQ(Recognised("传真", "landline").kind, ColumnKind::kFax);
  EXPECT_EQ(Recognised("创建时间", "datetime").kind, ColumnKind::kDatetime);
}

TEST(RecogniseColumnTest, ValuesThatContradictTheHeaderWin) {
  const RecognisedColumn column = Recognised("邮箱", "mobile");
  EXPECT_EQ(column.kind, ColumnKind::kMobile);
  EXPECT_LT(column.confidence, 0.7);
}

TEST(RecogniseColumnTest, EvidenceHoldsNoValue) {
  for (const char* values : {"mobile", "email", "company", "rid"}) {
    const std::string value = SyntheticValue(values, 7);
    for (const Evidence& evidence : Recognised("客户资料", values).evidence) {
      EXPECT_EQ(evidence.english.find(value), std::string::npos);
      EXPECT_EQ(evidence.chinese.find(value), std::string::npos);
      EXPECT_FALSE(evidence.english.empty() || evidence.chinese.empty());
    }
  }
}

TEST(RecogniseColumnTest, RowsMayBeShortAndOdd) {
  const std::vector<std::vector<std::string>> rows = {
      {}, {"a"}, {"", std::string(5000, 'x')}, {"\xFF\xFE", "1"}};
  const auto columns = RecogniseColumns({"x", "y", "z"}, false, rows);
  EXPECT_EQ(columns[2].kind, ColumnKind::kEmpty);
  EXPECT_EQ(columns[1].values.filled, 2u);
}

}  // namespace
}  // namespace sluice::recognise
