#include "common/formats/language_evidence.h"

#include <unicode/utf8.h>

#include <algorithm>
#include <string>
#include <vector>

#include "common/formats/alphabet_evidence.h"

namespace sluice::formats {
namespace {

// The characters met most in customer lists: names, addresses, companies, headers, notes.
constexpr std::string_view kSimplified =
    "的一是不了人在有我他这个中大来上国和地到以说时要就出会可也你对生能而子那得于着下自之年"
    "客户名称联系电话手机号码邮箱地址备注公司有限责任股份集团科技贸易实业发展省市区县镇乡村"
    "路街道巷弄号楼层室单元幢栋座北京上海广州深圳天津重庆成都杭州南京武汉西安苏州郑州长沙东"
    "莞青岛沈阳宁波昆明河山西辽吉林黑龙江苏浙安徽福建湖广海贵云陕甘肃宁夏新疆内蒙古藏"
    "王李张刘陈杨黄赵周吴徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏"
    "吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万"
    "伟芳娜秀英敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚桂文华志建国春梅玉红玲小婷雪晓燕飞鹏丹波"
    "先生女士经理总监部门职位姓性别男女年龄日期时间状态类型级别来源行业渠道订单金额价格数量产品"
    "信息技术网络电子商务管理服务设备机械制造材料化工食品医药教育文化传媒广告投资咨询工程建筑装饰"
    "物流汽车服装家具五金塑料包装印刷环保能源农业已未需要发货收到回复付款开票合同报价样品老新"
    "本每年月日周前后多少好很没无否请问再与及其等第次家店网点店铺代销售采购财务主任助编邮政传真";
constexpr std::string_view kTraditional =
    "的一是不了人在有我他這個中大來上國和地到以說時要就出會可也你對生能而子那得於著下自之年"
    "客戶名稱聯絡電話手機號碼郵箱地址備註公司有限責任股份集團科技貿易實業發展省市區縣鎮鄉村"
    "路街道巷弄號樓層室北京上海臺灣台灣臺北新竹高雄臺中臺南桃園香港九龍灣仔中環"
    "王李張劉陳楊黃趙周吳徐孫馬朱胡郭何高林羅鄭梁謝宋唐許韓馮鄧曹彭曾蕭田董袁潘蔣蔡余杜葉程蘇魏"
    "偉芳娜秀英敏靜麗強軍勇艷傑娟濤明超蘭霞平剛桂文華志建國春梅玉紅玲小婷雪曉燕飛鵬先生女士經理"
    "總監部門職位姓性別男女年齡日期時間狀態類型級別來源行業訂單金額價格數量產品資訊技術網路商務管理"
    "服務設備機械製造材料食品醫藥教育文化廣告投資顧問工程統一編號傳真備注無沒請與及其等第次家店";
constexpr std::string_view kKorean =
    "이름전화번호주소회사고객명메일비고서울부산대구인천광주대전울산경기강원충북남전라경상제주특별시"
    "도군구"
    "읍면동로길김박최정강조윤장임한오서신권황안송류홍수민지현영은성준하진우주식회사유한담당자휴대폰"
    "팀"
    "의가을는에로다고하니스트기사자인리해아나라일그어시상제보원여부과와도록년월일";
constexpr std::string_view kKanji =
    "日本人会社株式有限名前電話番号住所郵便備考県市区町村東京都大阪府京都北海道神奈川愛知福岡"
    "田中山本佐藤鈴木高橋伊渡辺小林加吉松井木村清水崎池橋石川様部課長営業担当者株式会年月";

std::vector<char32_t> CodePoints(std::string_view text) {
  std::vector<char32_t> letters;
  for (int32_t at = 0; at < static_cast<int32_t>(text.size());) {
    UChar32 c = 0;
    U8_NEXT(text.data(), at, static_cast<int32_t>(text.size()), c);
    letters.push_back(static_cast<char32_t>(c));
  }
  return letters;
}

std::vector<char32_t> Sorted(std::string_view text) {
  std::vector<char32_t> letters = CodePoints(text);
  std::sort(letters.begin(), letters.end());
  return letters;
}

bool Has(const std::vector<char32_t>& letters, char32_t c) {
  return std::binary_search(letters.begin(), letters.end(), c);
}

bool IsHan(char32_t c) {
  return c >= 0x4E00 && c <= 0x9FFF;
}
bool IsFullWidth(char32_t c) {
  return (c >= 0x3000 && c <= 0x3011) || (c >= 0xFF01 && c <= 0xFF5E) || c == 0x2014 ||
         c == 0x201C || c == 0x201D || c == 0x2026 || c == 0xB7 || c == 0xFFE5;
}
bool IsKana(char32_t c) {
  return c >= 0x3041 && c <= 0x30FE;
}
bool IsHangul(char32_t c) {
  return c >= 0xAC00 && c <= 0xD7A3;
}

// What one non-ASCII character says for the encoding, 0 to 1.
double Weight(Script script, const std::vector<char32_t>& common, char32_t c) {
  const bool frequent = Has(common, c);
  switch (script) {
    case Script::kJapanese:
      if (IsKana(c)) return 1.0;
      if (c >= 0xFF61 && c <= 0xFF9F) return 0.05;
      return frequent || IsFullWidth(c) ? 1.0 : (IsHan(c) ? 0.3 : 0.0);
    case Script::kKorean:
      if (IsHangul(c)) return frequent ? 1.0 : 0.3;
      return IsFullWidth(c) ? 0.5 : (IsHan(c) ? 0.05 : 0.0);
    default:
      return frequent || IsFullWidth(c) ? 1.0 : (IsHan(c) ? 0.3 : 0.0);
  }
}

const std::vector<char32_t>& CommonCharacters(Script script) {
  static const std::vector<char32_t> simplified = Sorted(kSimplified);
  static const std::vector<char32_t> traditional = Sorted(kTraditional);
  static const std::vector<char32_t> kanji = Sorted(kKanji);
  static const std::vector<char32_t> korean = Sorted(kKorean);
  if (script == Script::kTraditionalChinese) return traditional;
  if (script == Script::kJapanese) return kanji;
  return script == Script::kKorean ? korean : simplified;
}

bool IsWrittenWithAlphabet(Script script) {
  return !CommonLetters(script).empty();
}

}  // namespace

double ReadingScore(Encoding encoding, std::string_view text, size_t replaced) {
  const Script script = ScriptOf(encoding);
  const bool alphabet = IsWrittenWithAlphabet(script);
  const std::vector<char32_t>& common = CommonCharacters(script);
  double weight = 0;
  double letters = 0;
  char32_t before = ' ';
  const auto size = static_cast<int32_t>(text.size());
  for (int32_t at = 0; at < size;) {
    UChar32 c = 0;
    U8_NEXT(text.data(), at, size, c);
    if (c >= 0x80 && c != 0xFFFD) {
      UChar32 after = ' ';
      int32_t peek = at;
      if (peek < size) U8_NEXT(text.data(), peek, size, after);
      letters += 1;
      weight += alphabet ? AlphabetWeight(script, before, static_cast<char32_t>(c),
                                          static_cast<char32_t>(after))
                         : Weight(script, common, static_cast<char32_t>(c));
    }
    before = static_cast<char32_t>(c);
  }
  if (letters + static_cast<double>(replaced) == 0) return 0;
  return (weight - 3.0 * static_cast<double>(replaced)) / (letters + static_cast<double>(replaced));
}

double DifferenceScore(Script script, std::string_view text, std::string_view other) {
  const std::vector<char32_t> left = CodePoints(text);
  const std::vector<char32_t> right = CodePoints(other);
  if (left.size() != right.size()) return 0;
  double gain = 0;
  size_t different = 0;
  const auto weight = [script](const std::vector<char32_t>& of, size_t at) {
    if (of[at] == 0xFFFD) return -1.0;
    return AlphabetWeight(script, at == 0 ? ' ' : of[at - 1], of[at],
                          at + 1 == of.size() ? ' ' : of[at + 1]);
  };
  for (size_t at = 0; at < left.size(); ++at) {
    if (left[at] == right[at]) continue;
    ++different;
    gain += weight(left, at) - weight(right, at);
  }
  return different == 0 ? 0 : gain / static_cast<double>(different);
}

}  // namespace sluice::formats
