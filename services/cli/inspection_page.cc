#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "cli/inspection.h"
#include "cli/inspection_text.h"
#include "cli/profile_text.h"

namespace sluice::cli {
namespace {

// Columns of a terminal: Chinese and its like take two.
size_t Width(std::string_view text) {
  size_t width = 0;
  for (const char c : text) {
    if ((c & 0xC0) == 0x80) continue;
    width += (static_cast<unsigned char>(c) >= 0xE1) ? 2 : 1;
  }
  return width;
}

std::string Padded(std::string text, size_t width) {
  const size_t has = Width(text);
  if (has < width) text.append(width - has, ' ');
  return text;
}

// Without what would move the cursor.
std::string OneLine(std::string text) {
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
  }
  return text;
}

std::string VerdictInWords(formats::Certainty certainty, Language language) {
  if (language == Language::kEnglish) return std::string(formats::Name(certainty));
  if (certainty == formats::Certainty::kSure) return "确定";
  return certainty == formats::Certainty::kLikely ? "很可能" : "不确定";
}

class Page {
 public:
  Page(const Inspection& inspection, Language language)
      : inspection_(inspection), shape_(inspection.shape), language_(language) {}

  std::string Write() {
    Head();
    Columns();
    for (const recognise::Evidence& problem : inspection_.problems) {
      Line(Say(language_, "Not yet importable", "暂不能导入"),
           std::string(Say(language_, problem.english, problem.chinese)));
    }
    return std::move(out_);
  }

 private:
  void Line(std::string_view label, const std::string& text) {
    out_ += fmt::format(fmt::runtime(Say(language_, "{}: {}\n", "{}：{}\n")), label, text);
  }
  std::string Found(const std::string& what, const formats::Finding& finding) {
    return fmt::format("{} ({}: {})", what, VerdictInWords(finding.certainty, language_),
                       Say(language_, finding.english, finding.chinese));
  }
  void Head() {
    Line(Say(language_, "File", "文件"),
         fmt::format("{}{}, {}", inspection_.file,
                     shape_.member.empty() ? "" : " > " + shape_.member,
                     formats::Name(shape_.format)));
    if (shape_.format == formats::Format::kWorkbook) {
      std::vector<std::string> names;
      for (const formats::SheetName& sheet : shape_.sheets) {
        names.push_back(sheet.visible
                            ? sheet.name
                            : sheet.name + std::string(Say(language_, " (hidden)", "（隐藏）")));
      }
      Line(Say(language_, "Sheet", "工作表"),
           fmt::format("{} ({})", shape_.sheet, fmt::join(names, ", ")));
    } else {
      Line(Say(language_, "Encoding", "编码"),
           Found(std::string(formats::Name(shape_.encoding)), shape_.encoding_finding));
    }
    if (shape_.format == formats::Format::kDelimited) {
      Line(Say(language_, "Delimiter", "分隔符"),
           Found(DelimiterName(shape_.delimiter), shape_.delimiter_finding));
    }
    if (shape_.format != formats::Format::kNdjson) {
      Line(Say(language_, "Header row", "标题行"),
           Found(std::to_string(shape_.header_row), shape_.header_finding));
    }
    Line(Say(language_, "Rows", "数据行"), Rows());
  }
  std::string Rows() {
    std::string text = std::to_string(inspection_.rows.rows);
    if (inspection_.rows.kind == RowCount::Kind::kEstimated) {
      text = std::string(Say(language_, "about ", "约 ")) + text;
    } else if (inspection_.rows.kind == RowCount::Kind::kAtLeast) {
      text = std::string(Say(language_, "at least ", "至少 ")) + text;
    }
    if (shape_.cut) text += Say(language_, " (read in part)", "（只读了一部分）");
    return text;
  }
  void Columns() {
    out_ += '\n';
    size_t widest = 0;
    for (const std::string& header : shape_.columns) widest = std::max(widest, Width(header));
    widest = std::min<size_t>(widest, 30);
    for (size_t i = 0; i < shape_.columns.size(); ++i) {
      const plan::SuggestedColumn& column = inspection_.columns[i];
      const std::string target =
          column.to.has_value()
              ? fmt::format("{} {:.2f}",
                            inspection_.dataset.fields(static_cast<int>(column.to->field)).name(),
                            column.to->confidence)
              : "custom";
      const std::string_view kind =
          Say(language_, Name(column.column.kind), ChineseName(column.column.kind));
      out_ += fmt::format(
          "{:>3}  {}  {} {:.2f}  -> {}  {}\n", i + 1, Padded(OneLine(shape_.columns[i]), widest),
          Padded(std::string(kind), 14), column.column.confidence, Padded(target, 18),
          OneLine(fmt::format("{}", fmt::join(SampleValues(inspection_, i, 2), " | "))));
      out_ += fmt::format(
          "     {}\n", fmt::join(ReasonsOf(inspection_, i, language_), Say(language_, "; ", "；")));
    }
    out_ += '\n';
    Line(Say(language_, "Dataset", "数据集"), inspection_.dataset.name());
    for (const auto& match : inspection_.profiles) {
      Line(Say(language_, "Profile", "映射方案"),
           fmt::format(fmt::runtime(Say(language_, "{} (version {}) {}", "{}（版本 {}）{}")),
                       match.profile().name(), match.profile().version(),
                       OneLine(DifferenceText(match, language_))));
    }
    if (shape_.columns.empty()) return;
    out_ += Say(language_, "Columns that go to `custom` are kept under their own names.\n",
                "标为 custom 的列以原列名保留在自定义字段中。\n");
  }

  const Inspection& inspection_;
  const formats::SourceShape& shape_;
  const Language language_;
  std::string out_;
};

}  // namespace

std::string InspectionPage(const Inspection& inspection, Language language) {
  return Page(inspection, language).Write();
}

}  // namespace sluice::cli
