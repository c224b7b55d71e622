#include "cli/refusal_text.h"

#include <algorithm>
#include <array>

namespace sluice::cli {
namespace {

struct Words {
  std::string_view code;
  std::string_view chinese;
};

constexpr std::array kWords = {
    Words{"encrypted", "文件有密码保护：请在表格软件中取消密码，另存后再导入。"},
    Words{"corrupt", "文件已损坏或不完整：请在表格软件中打开，另存为 .xlsx 后再导入。"},
    Words{"doctype", "文件含有 XML 文档类型声明，为安全起见不予读取：请用表格软件另存后再导入。"},
    Words{"bomb", "文件解压后大得不正常，为安全起见不予读取。"},
    Words{"too_large", "文件超出限制：请拆分后再导入。"},
    Words{"unsupported", "不支持这种文件格式：请用表格软件另存为 .xlsx 后再导入。"},
    Words{"no_table", "文件里没有可以导入的表格。"},
    Words{"no_header",
          "没有识别出标题行：请用 --header-row 指定标题行（0 表示没有），或在文件第一行写上列名。"},
    Words{"no_column",
          "必填字段没有对应的列：请在映射文件中指定，或给这一列写上标题（先用 sluice inspect "
          "查看）。"},
};

}  // namespace

std::string_view RefusalText(Language language, std::string_view code) {
  if (language != Language::kChinese) return {};
  const auto found = std::find_if(kWords.begin(), kWords.end(),
                                  [code](const Words& words) { return words.code == code; });
  return found == kWords.end() ? std::string_view() : found->chinese;
}

}  // namespace sluice::cli
