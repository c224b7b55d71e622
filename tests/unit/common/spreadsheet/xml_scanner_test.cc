#include "common/spreadsheet/xml_scanner.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "common/spreadsheet/refusal.h"
#include "tests/unit/common/spreadsheet/expat_events.h"

namespace sluice::spreadsheet {
namespace {

const std::vector<std::string>& Documents() {
  static const std::vector<std::string> documents = {
      "<a/>",
      "<a b='1' c=\"2\"/>",
      "<x:a xmlns:x='u'><x:b/></x:a>",
      "<a>text &amp; &lt;&gt;&quot;&apos;&#65;&#x4e2d;</a>",
      "<a>\r\n\r\t</a>",
      "<a b='\r\n\t &#10;&#9; x'/>",
      "<a><![CDATA[<&]]&gt;]]></a>",
      "<a><!-- c --><?p i?>x</a>",
      " <a/> \n<!-- after -->",
      "<a>客户</a>",
      "<a b='客户'/>",
      "<row r=\"1\"><c r=\"A1\" s=\"2\" t=\"s\"><v>12</v></c><c r=\"B1\"/></row>",
      // What is refused.
      "",
      " ",
      "<a>",
      "</a>",
      "<a></b>",
      "<a/><b/>",
      "x<a/>",
      "<a/>x",
      "<a b=1/>",
      "<a b='1' b='2'/>",
      "<a b='<'/>",
      "<a b='1'c='2'/>",
      "<a>&nbsp;</a>",
      "<a>&#0;</a>",
      "<a>&#xD800;</a>",
      "<a>&amp</a>",
      "<a>]]></a>",
      "<a><!-- -- --></a>",
      "<a><!-- --->",
      "<a>\x01</a>",
      "<a>\xFF</a>",
      "<a>\xED\xA0\x80</a>",
      "<a>\xEF\xBF\xBF</a>",
      "<1/>",
      "< a/>",
      "<a / >",
      "<a",
      "<a b='",
      "<![CDATA[x]]><a/>",
      "<a><!ELEMENT x></a>",
      "<a><?\?></a>",
  };
  return documents;
}

TEST(XmlScannerTest, TakesAndRefusesWhatExpatDoes) {
  for (const std::string& xml : Documents()) {
    const std::string expected = ExpatEvents(xml);
    for (const size_t most : {1u, 2u, 3u, 7u, 1000u}) {
      EXPECT_EQ(ScannerEvents(xml, most), expected) << xml << " in reads of " << most;
    }
  }
}

TEST(XmlScannerTest, AgreesWithExpatOnDocumentsThatWereChanged) {
  std::mt19937 random(20240105);
  const std::string_view alphabet = "<>/&;='\" abr!-[]?x#1\r\n\t:";
  size_t taken = 0;
  for (int round = 0; round < 200'000; ++round) {
    std::string xml = Documents()[random() % Documents().size()];
    const size_t changes = 1 + random() % 3;
    for (size_t i = 0; i < changes; ++i) {
      const size_t at = random() % (xml.size() + 1);
      switch (random() % 3) {
        case 0:
          xml.insert(at, 1, alphabet[random() % alphabet.size()]);
          break;
        case 1:
          if (at < xml.size()) xml.erase(at, 1);
          break;
        default:
          if (at < xml.size()) xml[at] = alphabet[random() % alphabet.size()];
      }
    }
    if (MayDiffer(xml)) continue;
    const std::string expected = ExpatEvents(xml);
    taken += expected == "refused" ? 0 : 1;
    ASSERT_EQ(ScannerEvents(xml, 1 + random() % 9), expected) << xml;
  }
  EXPECT_GT(taken, 5000u);
}

TEST(XmlScannerTest, LongTextsComeInPiecesThatFitTogether) {
  std::string text;
  std::mt19937 random(7);
  constexpr std::string_view kPieces[] = {"a",    "中", "&amp;", "&#x4e2d;", "]]",
                                          "\r\n", "\r", "😀",     ";"};
  while (text.size() < 700'000) text += kPieces[random() % 9];
  const std::string xml = "<a>" + text + "</a>";
  EXPECT_EQ(ScannerEvents(xml, 1 << 20), ExpatEvents(xml));
  EXPECT_EQ(ScannerEvents(xml, 1009), ExpatEvents(xml));
  const std::string section = "<a><![CDATA[" + std::string(600'000, ']') + "中\r]]></a>";
  EXPECT_EQ(ScannerEvents(section, 4096), ExpatEvents(section));
}

class OneString : public ByteStream {
 public:
  explicit OneString(std::string text) : text_(std::move(text)) {}
  absl::StatusOr<size_t> Read(char* buffer, size_t count) override {
    const size_t given = text_.copy(buffer, count, at_);
    at_ += given;
    return given;
  }

 private:
  const std::string text_;
  size_t at_ = 0;
};

std::string RefusalOf(const std::string& xml) {
  OneString text(xml);
  XmlScanner scanner(text, Limits());
  while (true) {
    const XmlEvent event = scanner.Next();
    if (event == XmlEvent::kDone) return "";
    if (event == XmlEvent::kError) return RefusalCode(scanner.status());
  }
}

TEST(XmlScannerTest, RefusalsHaveTheirReasons) {
  EXPECT_EQ(RefusalOf("<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"), "doctype");
  EXPECT_EQ(RefusalOf("<a><b></a>"), "corrupt");
  std::string deep;
  for (int i = 0; i < 1000; ++i) deep += "<a>";
  EXPECT_EQ(RefusalOf(deep), "too_large");
  EXPECT_EQ(RefusalOf("<a b='" + std::string(2 << 20, 'x') + "'/>"), "too_large");
  EXPECT_EQ(RefusalOf("<a>" + std::string(4 << 20, 'x') + "</a>"), "");
}

}  // namespace
}  // namespace sluice::spreadsheet
