// How often detection is right, on files as people have them.
#include <gtest/gtest.h>

#include <array>
#include <random>
#include <string>
#include <vector>

#include "common/formats/detect_header.h"
#include "common/formats/inspect.h"
#include "tests/unit/common/formats/string_source.h"

namespace sluice::formats {
namespace {

SourceShape Inspected(const std::string& bytes) {
  StringSource source(bytes);
  auto shape = Inspect(source, "file.csv");
  EXPECT_TRUE(shape.ok()) << shape.status();
  return shape.ok() ? *std::move(shape) : SourceShape{};
}

struct EncodingCase {
  const char* icu_name;
  Encoding encoding;
  const char* text;
};

TEST(EncodingDetectionTest, ShortFilesOfEveryEncoding) {
  const std::vector<EncodingCase> cases = {
      {"gb18030", Encoding::kGb18030, "客户名称,联系人,电话\n"},
      {"gb18030", Encoding::kGb18030, "姓名,电话\n张三,13800138000\n"},
      {"gb18030", Encoding::kGb18030, "公司\n阿里巴巴\n"},
      {"gb18030", Encoding::kGb18030, "name,city\nwang,北京\nli,上海\n"},
      {"gb18030", Encoding::kGb18030, "编号,备注\n1,镕基鎔喆𠀀罗\n2,需要发票\n"},
      {"gb18030", Encoding::kGb18030, "编码,产品,单价\nA1,螺丝刀,￥12\n"},
      {"gb18030", Encoding::kGb18030, "name,note\nx,€100 已付款\n"},
      {"windows-950-2000", Encoding::kBig5, "姓名,電話\n陳小明,0912345678\n"},
      {"windows-950-2000", Encoding::kBig5, "客戶,地址\n大同公司,臺北市中山北路\n"},
      {"ibm-943_P15A-2003", Encoding::kShiftJis, "氏名,住所\n山田太郎,東京都千代田区\n"},
      {"ibm-943_P15A-2003", Encoding::kShiftJis, "名前,フリガナ\n鈴木,スズキ\n"},
      {"windows-949-2000", Encoding::kEucKr, "이름,전화\n김철수,01012345678\n"},
      {"windows-949-2000", Encoding::kEucKr, "고객명,주소\n홍길동,서울시 강남구\n"},
      {"ibm-5348_P100-1997", Encoding::kWindows1252, "name,ville\nFrançois,Orléans\n"},
      {"ibm-5348_P100-1997", Encoding::kWindows1252, "Name;Straße\nMüller;Hauptstraße 5\n"},
      {"ibm-5348_P100-1997", Encoding::kWindows1252, "item,price\ntea,€5\n“x”,£3\n"},
      {"utf-8", Encoding::kUtf8, "姓名,电话\n张三,13800138000\n"},
      {"utf-16le", Encoding::kUtf16Le, "姓名,电话\n张三,13800138000\n"},
      {"utf-16be", Encoding::kUtf16Be, "姓名,电话\n张三,13800138000\n"},
      {"utf-16le", Encoding::kUtf16Le,
       "客户名称,联系人\n上海云帆科技有限公司北京分公司,欧阳娜娜\n"},
      {"utf-32le", Encoding::kUtf32Le, "姓名,电话\n张三,13800138000\n"},
      {"utf-32be", Encoding::kUtf32Be, "姓名,电话\n张三,13800138000\n"},
      {"hz", Encoding::kHz, "姓名,电话\n张三,13800138000\n"},
      {"iso-2022-jp", Encoding::kIso2022Jp, "氏名,住所\n山田太郎,東京都千代田区\n"},
      {"iso-2022-kr", Encoding::kIso2022Kr, "고객명,주소\n홍길동,서울시 강남구\n"},
      {"euc-jp-2007", Encoding::kEucJp, "名前,フリガナ\n鈴木,スズキ\n"},
      {"windows-1251", Encoding::kWindows1251, "Имя,Город\nИванов Пётр,Москва\n"},
      {"koi8-r", Encoding::kKoi8R, "Имя,Город\nИванов Пётр,Москва\n"},
      {"ibm-866", Encoding::kIbm866, "Имя,Город\nИванов Пётр,Москва\n"},
      {"windows-1250", Encoding::kWindows1250, "Imię,Miasto\nŁukasz Wójcik,Łódź\n"},
      {"windows-1254", Encoding::kWindows1254, "Ad,Şehir\nAyşe Yıldız,İstanbul\n"},
      {"windows-1253", Encoding::kWindows1253, "Όνομα,Πόλη\nΓιώργος,Αθήνα\n"},
      {"windows-1255", Encoding::kWindows1255, "שם,עיר\nדוד כהן,ירושלים\n"},
      {"windows-1256", Encoding::kWindows1256, "الاسم,المدينة\nمحمد علي,القاهرة\n"},
      {"windows-874-2000", Encoding::kWindows874, "ชื่อ,เมือง\nสมชาย ใจดี,กรุงเทพมหานคร\n"},
  };
  for (const EncodingCase& test : cases) {
    const std::string bytes = Encode(test.text, test.icu_name);
    EXPECT_EQ(Name(Inspected(bytes).encoding), Name(test.encoding)) << test.text;
  }
}

// A byte that is a space in Windows is a letter in a DOS.
TEST(EncodingDetectionTest, SpacesThatDoNotBreakAreNoLetters) {
  const std::string dos = Encode("nombre,nota\nSánchez,está\n", "ibm-850");
  for (const std::string& text :
       {std::string("Bank Name\xA0,City\xA0,ST\xA0\nFirst\x96Citizens Bank,Raleigh,NC\n"),
        std::string("name,phone\nWang,138\xA0"
                    "0013\xA0"
                    "8000\n")}) {
    EXPECT_EQ(Name(Inspected(text).encoding), Name(Encoding::kWindows1252));
  }
  EXPECT_NE(Name(Inspected(dos).encoding), Name(Encoding::kWindows1252));
}

// A few in text are dirt; in UTF-16 they would stand beside half of all letters.
TEST(EncodingDetectionTest, AZeroThatStrayedMakesNoUtf16) {
  using namespace std::string_literals;
  for (const std::string& text : {"a,b,c\n\0,2,3\n"s, " a ,\0b\0,\tc\t\n1,2,3\n"s,
                                  "name,phone\nWang,138\0"
                                  "00138000\nLi,13900139000\n"s}) {
    EXPECT_EQ(Name(Inspected(text).encoding), Name(Encoding::kUtf8)) << text;
  }
}

TEST(EncodingDetectionTest, FindsTheFirstNonAsciiBytesOfALargeFile) {
  std::string bytes = "name,note\n";
  while (bytes.size() < 700 * 1024) bytes += "someone,plain text here\n";
  const std::string half = bytes.substr(10);
  bytes += Encode("张三,北京市朝阳区建国路\n", "gb18030") + half;
  EXPECT_EQ(Inspected(bytes).encoding, Encoding::kGb18030);
}

TEST(EncodingDetectionTest, SamplesTornInsideCharactersAreStillUtf8) {
  for (size_t shift = 0; shift < 3; ++shift) {
    std::string bytes = "name,note\n" + std::string(shift, 'x') + ",\n";
    while (bytes.size() < 1200 * 1024) bytes += "张三丰，北京,备注备注\n";
    const SourceShape shape = Inspected(bytes);
    EXPECT_EQ(shape.encoding, Encoding::kUtf8);
    EXPECT_EQ(shape.columns.size(), 2u);
  }
}

struct DelimiterCase {
  char delimiter;
  const char* text;
};

TEST(DelimiterDetectionTest, FilesAsPeopleHaveThem) {
  const std::vector<DelimiterCase> cases = {
      {',', "a,b,c\n1,2,3\n"},
      {';', "a;b;c\n1,5;2,5;3,5\n"},
      {'\t', "name\taddress\n张三\t北京,朝阳\n李四\t上海,浦东\n"},
      {'|', "id|name|note\n1|a|x;y\n2|b|z,w\n"},
      {',', "name,note\na,\"x;y;z\"\nb,\"p;q;r\"\n"},
      {';', "name;note\na;\"x,y,z\"\nb;\"p,q,r\"\n"},
      {',', "name,note\na,\"line\nbreak;\"\nb,\"two\n;;\"\n"},
      {',', "name\nAcme\nBolt\n"},
      {',', "客户名称\n甲公司\n乙公司\n"},
      {',', "name,phone,note\nA,1,\nB,2,\nC,3,late; call again\n"},
      {';', "name;amount\nA;1.234,50\nB;99,00\n"},
      {',', "date,time,who\n2024-01-01,10:30:00,a|b\n2024-01-02,11:30:00,c|d\n"},
      {'\t', "a\tb\n1\t\n2\t\n"},
      {',', "标题行\n姓名,电话\n张三,13800138000\n李四,13900139000\n"},
      {'^', "id^name^city^phone\n1^A, B^x y^138\n2^C^z^139\n3^D^q^137\n"},
      {' ', "id name city phone\n1 A \"x, y\" 138\n2 C z 139\n3 D q 137\n"},
      {':', "root:x:0:admin\nbin:x:1:binary\ndaemon:x:2:none\n"},
      // A blank after the delimiter, and cells with it in quotes.
      {',', "name, who, phone, note\nA, x, 1, good\nB, y, 2, \"a, b\"\nC, z, 3, x;y|z\n"},
      {';', "name; who; phone; note\nA; x; 1; good\nB; y; 2; \"a; b\"\nC; z; 3; x,y\n"},
      // No tables: names of two or three words, times.
      {',', "full name\nAnna Maria Schmidt\nJan van Dam\nLi Xiao Ming\n"},
      {',', "time\n10:30:00\n11:30:00\n12:30:00\n"},
  };
  for (const DelimiterCase& test : cases) {
    EXPECT_EQ(Inspected(test.text).delimiter, test.delimiter) << test.text;
  }
}

TEST(QuoteDetectionTest, ApostrophesQuoteWhereTheyClose) {
  EXPECT_EQ(Inspected("name,note\n'A','x, y'\n'B','it''s'\n").quote, '\'');
  EXPECT_EQ(Inspected("name,note\n\"A\",'x'\n\"B\",'y'\n").quote, '"');
  // A spreadsheet's mark for text, names, and one cell that happens to be in apostrophes.
  EXPECT_EQ(Inspected("id,name\n'001,O'Brien\n'002,D'Arcy\n").quote, '"');
  EXPECT_EQ(Inspected("id,name\n1,'quoted'\n2,plain\n").quote, '"');
}

struct HeaderCase {
  uint64_t row;
  const char* text;
};

TEST(HeaderDetectionTest, FilesAsPeopleHaveThem) {
  const std::vector<HeaderCase> cases = {
      {1, "name,email\nZhang Wei,zw@x.cn\n"},
      {1, "客户名称,电话\n甲公司,13800138000\n"},
      {1, "客户名称,城市\n甲公司,北京\n乙公司,上海\n"},
      {1, "Kunde,Ort\nMeyer,Bonn\nSchulz,Trier\n"},
      {1, "name,email\n"},
      {1, "客户编号,客户名称,联系人,联系电话,邮箱地址,地址,备注\n1,甲,张三,138,a@b.cn,x,y\n"},
      {1, "甲,乙,丙\n1,2,3\n4,5,6\n"},
      {1, "产品,2022,2023,2024\n茶,1,2,3\n酒,4,5,6\n"},
      {1, "*客户名称(必填),手机号码（选填）\n甲公司,13800138000\n"},
      {1, "First Name,Last Name,E-mail Address\nA,B,a@b.c\n"},
      {2, "客户信息表\n姓名,手机\n张三,13800138000\n李四,13900139000\n"},
      {3,
       "导出时间：2024-01-05,,\n操作人：admin,,\n姓名,手机,地址\n张三,13800138000,x\n李四,1,y\n"},
      {4, "Report\n\nCreated 2024\nid,name,phone\n1,a,2\n2,b,3\n"},
      {0, "张三,13800138000\n李四,13900139000\n"},
      {0, "1,Alice,alice@x.org\n2,Bob,bob@x.org\n"},
      {0, "13800138000\n13900139000\n"},
      {0, "a@b.cn\nc@d.cn\n"},
      {0, "2024-01-05,12.5\n2024-01-06,13.5\n"},
      {0, "甲公司,北京\n乙公司,北京\n甲公司,上海\n"},
      {0, "Acme Ltd,acme@x.org,+1 650 253 0000\n"},
      {0, "张三,13800138000\n"},
      {1, "id,id\n1,2\n"},
      {1, "name\nAcme\nBolt\n"},
      {1, "备注\n\"很长的一段话,含有逗号\"\n"},
  };
  for (const HeaderCase& test : cases) {
    EXPECT_EQ(Inspected(test.text).header_row, test.row) << test.text;
  }
}

// Four rows of customers, as wide as the header that the cases have above them.
std::string WithRows(const std::string& top) {
  return top +
         "杭州云科技有限公司,13800138000,a0@b.example,n0\n"
         "杭州山科技有限公司,13800138001,a1@b.example,n1\n"
         "杭州海科技有限公司,13800138002,a2@b.example,n2\n"
         "杭州林科技有限公司,13800138003,a3@b.example,n3\n";
}

TEST(HeaderDetectionTest, ARowOfKnownNamesGoesBeforePoorerOnesAboveIt) {
  const std::vector<HeaderCase> cases = {
      {2, "客户,联系,,其他\n"},
      {2, "客户,,联系方式,\n"},
      {2, "客户,联系,联系,其他\n"},
      {2, "公司名称,（必填）,,\n"},
      {4, "公司名称,杭州总公司\n电话,0571-88888888\n\n"},
      {5, "序号,说明\n1,公司名称必填\n2,手机必填\n\n"},
      {3, "报表名称,客户列表\n日期,2025-03-05\n"},
      {2, "联系人：张三,电话：0571-88888888\n"},
      {2, "客户信息登记表,,,日期：2025-03-05\n"},
      {3, "Customer list 2025\nName: Acme,Phone: 123\n"},
      {3, "导出时间：,2025-03-05 10:00\n\n"},
      {5, "导出时间,2025-03-05 10:00\n导出人,张三\n客户数,3\n\n"},
  };
  for (const HeaderCase& test : cases) {
    const SourceShape shape =
        Inspected(WithRows(test.text + std::string("公司名称,手机,邮箱,备注\n")));
    EXPECT_EQ(shape.header_row, test.row) << test.text;
    ASSERT_EQ(shape.columns.size(), 4u) << test.text;
    EXPECT_EQ(shape.columns[0], "公司名称") << test.text;
  }
  // Instructions of one cell, and one row of data.
  EXPECT_EQ(
      Inspected("说明：电话必须填写手机号码，公司名称填写全称。\n1、公司名称必填\n2、手机必填\n"
                "*公司名称,*手机,邮箱（选填）,Notes / 备注\n甲公司,13800138000,a@b.cn,x\n")
          .header_row,
      4u);
}

TEST(HeaderDetectionTest, ATableAboveKeepsItsRows) {
  // Its own header is unknown; a second table comes after it.
  EXPECT_EQ(Inspected("Kunde,Ort,Land\nMeyer,Bonn,DE\nSchulz,Trier,DE\nHuber,Graz,AT\n"
                      "name,city,country\nA,Rom,IT\nB,Bari,IT\n")
                .header_row,
            1u);
  // A value may end in a word that headers end in.
  EXPECT_EQ(Inspected("Kunde,Firma\nAnna Street,Acme Group\nJan Dam,Bolt AG\n").header_row, 1u);
}

TEST(HeaderDetectionTest, NothingIsSureWhereTwoRowsHaveNames) {
  EXPECT_EQ(Inspected(WithRows("公司名称,手机,邮箱,备注\n")).header_finding.certainty,
            Certainty::kSure);
  for (const char* top : {"客户,联系,,其他\n公司名称,手机,邮箱,备注\n",
                          "公司名称,杭州总公司\n公司名称,手机,邮箱,备注\n",
                          "公司名称,手机,邮箱,备注\nname,phone,email,note\n",
                          "公司名称,联系方式,,备注\n,手机,邮箱,\n"}) {
    EXPECT_NE(Inspected(WithRows(top)).header_finding.certainty, Certainty::kSure) << top;
  }
}

TEST(HeaderDetectionTest, AnyNumberOfUnknownNamesBesideTwoKnownOnes) {
  std::string known = "公司名称,手机";
  std::string notes = known;
  std::string texts = "甲公司,13800138000";
  std::string numbers = texts;
  for (int i = 0; i < 300; ++i) {
    known += ",abc" + std::to_string((i * 7) % 300);
    notes += ",备注" + std::to_string(i);
    texts += ",t" + std::to_string(i);
    numbers += "," + std::to_string(i);
  }
  EXPECT_EQ(Inspected(known + "\n" + texts + "\n").header_row, 1u);
  EXPECT_EQ(Inspected(notes + "\n" + numbers + "\n乙公司,13800138001\n").header_row, 1u);
  // One known name, and names that are counted.
  EXPECT_EQ(Inspected("公司名称,c0,c1,c2,c3,c4,c5\n甲公司,a,b,c,d,e,f\n").header_row, 1u);
  // A row of values, two of which are words that headers have.
  EXPECT_EQ(Inspected("张三,销售,公司,13800138000\n李四,销售,公司,13800138001\n").header_row, 0u);
}

TEST(HeaderWordsTest, ValuesAreNoHeaders) {
  for (const char* header :
       {"客户名称", "电话", "E-mail", "Phone No.", "联系人手机", "company_name", "Billing Address",
        "*邮箱", "手机号（必填）", "备注：", "联系方式：手机"}) {
    EXPECT_TRUE(IsKnownHeader(header)) << header;
  }
  for (const char* value : {"张三", "上海云帆科技有限公司", "13800138000", "a@b.cn", "北京市朝阳区",
                            "", "Zhang Wei", "Acme Inc.", "联系人：张三", "电话：0571-88888888",
                            "已联系过该客户并且记录了地址以及其他的说明"}) {
    EXPECT_FALSE(IsKnownHeader(value)) << value;
  }
}

}  // namespace
}  // namespace sluice::formats
