#include "common/recognise/header_meaning.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace sluice::recognise {
namespace {

TEST(HeaderMeaningTest, TheLastAttributeIsTheHead) {
  const std::vector<std::pair<std::string, Attribute>> kHeaders = {
      {"联系人手机", Attribute::kMobile},
      {"手机号码", Attribute::kMobile},
      {"邮箱地址", Attribute::kEmail},
      {"公司网站地址", Attribute::kUrl},
      {"城市名称", Attribute::kCity},
      {"邮政编码", Attribute::kPostalCode},
      {"Billing Street", Attribute::kAddress},
      {"Work Phone 2", Attribute::kPhone},
      {"workPhone", Attribute::kPhone},
      {"work_phone", Attribute::kPhone},
      {"Cell Phone No.", Attribute::kMobile},
      {"E-mail 1 - Value", Attribute::kEmail},
      {"E-mail 1 - Type", Attribute::kCategory},
      {"Date of Birth", Attribute::kBirthday},
      {"Name of Company", Attribute::kName},
      {"Number of Employees", Attribute::kEmployees},
      {"Number of Orders", Attribute::kCount},
      {"Company size", Attribute::kCount},
      {"客户类型", Attribute::kCategory},
      {"Email Opt Out", Attribute::kFlag},
      {"是否手机订单", Attribute::kFlag},
      {"创建时间", Attribute::kDate},
      {"统一社会信用代码", Attribute::kCreditCode},
      {"Company Domain Name", Attribute::kDomain},
      {"姓名 Name", Attribute::kFullName},
      {"Billing Zip/Postal Code", Attribute::kPostalCode},
      {"公司", Attribute::kName},
      {"Email ID", Attribute::kEmail},
      {"传真电话", Attribute::kPhone},
  };
  for (const auto& [header, attribute] : kHeaders) {
    if (header == "传真电话") continue;
    EXPECT_EQ(ReadHeader(header).attribute, attribute)
        << header << " is " << Name(ReadHeader(header).attribute);
  }
  // A fax line is no telephone.
  EXPECT_EQ(ReadHeader("传真电话").attribute, Attribute::kFax);
}

TEST(HeaderMeaningTest, WhoseItIs) {
  const std::vector<std::pair<std::string, Subject>> kHeaders = {
      {"公司电话", Subject::kCompany},
      {"客户名称", Subject::kCustomer},
      {"联系人手机", Subject::kContact},
      {"公司联系人电话", Subject::kContact},
      {"业务员电话", Subject::kStaff},
      {"客户经理", Subject::kStaff},
      {"Account Owner", Subject::kStaff},
      {"Created By", Subject::kStaff},
      {"email of salesperson", Subject::kStaff},
      {"contact's e-mail of salesperson", Subject::kStaff},
      {"供应商联系人", Subject::kOtherParty},
      {"Parent Account", Subject::kOtherParty},
      {"紧急联系人电话", Subject::kOtherParty},
      {"订单编号", Subject::kThing},
      {"电话（业务员）", Subject::kStaff},
      {"電話", Subject::kNone},
  };
  for (const auto& [header, subject] : kHeaders) {
    EXPECT_EQ(ReadHeader(header).subject, subject) << header;
  }
}

TEST(HeaderMeaningTest, UsesAndNumbers) {
  EXPECT_EQ(ReadHeader("Work Phone 2").use, Use::kWork);
  EXPECT_EQ(ReadHeader("Work Phone 2").ordinal, 2u);
  EXPECT_EQ(ReadHeader("电话二").ordinal, 2u);
  EXPECT_EQ(ReadHeader("开票地址").use, Use::kInvoice);
  EXPECT_EQ(ReadHeader("收货地址").use, Use::kShipping);
  EXPECT_EQ(ReadHeader("备用电话").use, Use::kOther);
  EXPECT_EQ(ReadHeader("Phone (Work)").use, Use::kWork);
  EXPECT_EQ(ReadHeader("公司简称").use, Use::kShort);
  EXPECT_EQ(ReadHeader("联系电话（必填）"), ReadHeader("联系电话"));
}

TEST(HeaderMeaningTest, TraditionalCharactersAreReadAsSimplifiedOnes) {
  for (const auto& [traditional, simplified] :
       std::vector<std::pair<std::string, std::string>>{{"聯絡電話", "联络电话"},
                                                        {"電子郵件", "电子邮件"},
                                                        {"備註", "备注"},
                                                        {"統一編號", "统一编号"}}) {
    EXPECT_EQ(ReadHeader(traditional), ReadHeader(simplified));
    EXPECT_TRUE(ReadHeader(traditional).known()) << traditional;
  }
}

TEST(HeaderMeaningTest, WhatIsSpelledAlikeIsNotTakenForIt) {
  // One letter from phone, mail, name, fax.
  for (const char* header :
       {"phase", "phony", "mall", "nail", "game", "tax", "faq", "同话", "电活"}) {
    EXPECT_FALSE(ReadHeader(header).known()) << header;
  }
}

TEST(HeaderMeaningTest, TwoThingsAtOnceAreNone) {
  EXPECT_TRUE(ReadHeader("手机/邮箱").ambiguous);
  EXPECT_TRUE(ReadHeader("联系人/电话").ambiguous);
  EXPECT_EQ(ReadHeader("电话/手机").attribute, Attribute::kPhone);
  EXPECT_EQ(ReadHeader("公司/单位").attribute, Attribute::kName);
}

TEST(HeaderMeaningTest, UnknownWordsAreSaid) {
  EXPECT_TRUE(ReadHeader("锅炉房电话").unknown_words);
  EXPECT_TRUE(ReadHeader("Blorp Phone").unknown_words);
  EXPECT_EQ(ReadHeader("").attribute, Attribute::kNone);
  EXPECT_EQ(ReadHeader("???").attribute, Attribute::kNone);
}

TEST(HeaderMeaningTest, Placeholders) {
  for (const char* header :
       {"", " ", "column_3", "Column1", "列2", "字段 1", "Unnamed: 4", "F5", "B"}) {
    EXPECT_TRUE(IsPlaceholderHeader(header)) << header;
  }
  for (const char* header : {"phone", "列名", "Phone 1", "姓名", "column"}) {
    EXPECT_FALSE(IsPlaceholderHeader(header)) << header;
  }
}

}  // namespace
}  // namespace sluice::recognise
