#include "common/spreadsheet/xlsx_workbook.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "common/base/status.h"
#include "common/spreadsheet/refusal.h"
#include "common/spreadsheet/xlsx_sheet.h"
#include "common/spreadsheet/xlsx_strings.h"
#include "common/spreadsheet/xml_scanner.h"

namespace sluice::spreadsheet {
namespace {

bool IsTrue(std::string_view value) {
  return value == "1" || value == "true" || value == "on";
}

uint32_t Number(std::string_view text) {
  return static_cast<uint32_t>(std::strtoul(std::string(text).c_str(), nullptr, 10));
}

Visibility VisibilityOf(std::string_view state) {
  if (state == "hidden") return Visibility::kHidden;
  return state == "veryHidden" ? Visibility::kVeryHidden : Visibility::kVisible;
}

// What stands on a tab and is no table.
bool IsOtherSheet(std::string_view kind) {
  return kind == "chartsheet" || kind == "dialogsheet" || kind == "xlMacrosheet" ||
         kind == "xlIntlMacrosheet";
}

}  // namespace

absl::StatusOr<std::unique_ptr<Workbook>> XlsxWorkbook::Open(std::unique_ptr<ZipContainer> zip,
                                                             const Limits& limits) {
  SLUICE_ASSIGN_OR_RETURN(const std::string part, FindWorkbookPart(*zip, limits));
  std::unique_ptr<XlsxWorkbook> workbook(new XlsxWorkbook(std::move(zip), limits));
  // A damaged list is as good as none: the parts have usual names.
  auto relationships = ReadRelationships(*workbook->zip_, part, limits);
  if (relationships.ok()) {
    workbook->relationships_ = *std::move(relationships);
  } else if (RefusalCode(relationships.status()) != Code(Refusal::kCorrupt)) {
    return relationships.status();
  }
  workbook->folder_ =
      part.substr(0, part.rfind('/') == std::string::npos ? 0 : part.rfind('/') + 1);
  SLUICE_RETURN_IF_ERROR(workbook->ReadWorkbook(part));
  SLUICE_RETURN_IF_ERROR(workbook->ReadStyles());
  return std::unique_ptr<Workbook>(std::move(workbook));
}

absl::Status XlsxWorkbook::ReadWorkbook(const std::string& part) {
  SLUICE_ASSIGN_OR_RETURN(const auto text, OpenText(*zip_, part));
  XmlScanner xml(*text, limits_);
  bool in_sheets = false;
  while (true) {
    const XmlEvent event = xml.Next();
    if (event == XmlEvent::kDone) break;
    if (event == XmlEvent::kError) return xml.status();
    if (event == XmlEvent::kEnd && xml.name() == "sheets") in_sheets = false;
    if (event != XmlEvent::kStart) continue;
    if (xml.depth() == 1 && xml.name() != "workbook") {
      return Refuse(Refusal::kCorrupt, "the container holds no workbook");
    }
    if (xml.name() == "workbookPr" && IsTrue(xml.Attribute("date1904"))) epoch_ = Epoch::k1904;
    if (xml.name() == "sheets") in_sheets = true;
    if (!in_sheets || xml.name() != "sheet") continue;
    if (sheets_.size() >= limits_.entries) {
      return Refuse(Refusal::kBomb, "it has more sheets than real ones do");
    }
    SheetInfo sheet{std::string(xml.Attribute("name")), VisibilityOf(xml.Attribute("state"))};
    SLUICE_RETURN_IF_ERROR(AddSheet(sheet, std::string(xml.Attribute("id"))));
  }
  if (sheets_.empty()) return Refuse(Refusal::kNoTable, "the workbook has no worksheet");
  return absl::OkStatus();
}

absl::Status XlsxWorkbook::AddSheet(const SheetInfo& sheet, const std::string& id) {
  for (const Relationship& relationship : relationships_) {
    if (relationship.id != id) continue;
    if (IsOtherSheet(relationship.kind)) return absl::OkStatus();
    if (!zip_->Has(relationship.target)) break;
    return TakePart(sheet, relationship.target);
  }
  const std::string usual = fmt::format("{}worksheets/sheet{}.xml", folder_, sheets_.size() + 1);
  const bool is_anothers =
      std::any_of(relationships_.begin(), relationships_.end(), [&](const Relationship& other) {
        return NormalPartName(other.target) == NormalPartName(usual);
      });
  // A sheet without a part holds nothing.
  if (is_anothers || !zip_->Has(usual)) return absl::OkStatus();
  return TakePart(sheet, usual);
}

absl::Status XlsxWorkbook::TakePart(const SheetInfo& sheet, const std::string& part) {
  if (!taken_parts_.insert(NormalPartName(part)).second) {
    return Refuse(Refusal::kCorrupt, "two of its sheets are one part");
  }
  sheets_.push_back(sheet);
  sheet_parts_.push_back(part);
  return absl::OkStatus();
}

std::string XlsxWorkbook::PartOfKind(std::string_view kind, std::string_view usual) const {
  for (const Relationship& relationship : relationships_) {
    if (relationship.kind == kind && zip_->Has(relationship.target)) return relationship.target;
  }
  std::string part = folder_ + std::string(usual);
  return zip_->Has(part) ? part : std::string();
}

absl::Status XlsxWorkbook::ReadStyles() {
  const std::string part = PartOfKind("styles", "styles.xml");
  if (part.empty()) return absl::OkStatus();
  SLUICE_ASSIGN_OR_RETURN(const auto text, OpenText(*zip_, part));
  XmlScanner xml(*text, limits_);
  bool in_cell_formats = false;
  while (true) {
    const XmlEvent event = xml.Next();
    if (event == XmlEvent::kDone) return absl::OkStatus();
    if (event == XmlEvent::kError) return xml.status();
    if (event == XmlEvent::kEnd && xml.name() == "cellXfs") in_cell_formats = false;
    if (event != XmlEvent::kStart) continue;
    if (xml.name() == "dxfs" || xml.name() == "extLst") {
      // Formats of conditions have numbers of their own.
      if (!xml.SkipElement()) return xml.status();
      continue;
    }
    if (xml.name() == "numFmt") {
      formats_.Define(Number(xml.Attribute("numFmtId")), xml.Attribute("formatCode"));
    }
    if (xml.name() == "cellXfs") in_cell_formats = true;
    if (in_cell_formats && xml.name() == "xf") formats_.AddStyle(Number(xml.Attribute("numFmtId")));
    if (formats_.styles() > limits_.formats || formats_.defined() > limits_.formats) {
      return Refuse(Refusal::kBomb, "it has more formats than real ones do");
    }
  }
}

absl::Status XlsxWorkbook::OpenStrings() {
  if (strings_ != nullptr) return absl::OkStatus();
  std::unique_ptr<ByteStream> text;
  const std::string part = PartOfKind("sharedStrings", "sharedStrings.xml");
  if (!part.empty()) {
    SLUICE_ASSIGN_OR_RETURN(text, OpenText(*zip_, part));
  }
  strings_ = std::make_unique<SharedStrings>(std::move(text), limits_);
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<SheetReader>> XlsxWorkbook::OpenSheet(size_t index) {
  SLUICE_RETURN_IF_ERROR(OpenStrings());
  SLUICE_ASSIGN_OR_RETURN(std::unique_ptr<ByteStream> text, OpenText(*zip_, sheet_parts_[index]));
  return std::make_unique<XlsxSheet>(std::move(text), limits_, formats_, epoch_, *strings_,
                                     limits_.given_free_bytes + limits_.given_ratio * zip_->size());
}

}  // namespace sluice::spreadsheet
