#include "common/spreadsheet/ods_workbook.h"

#include <set>

#include "common/base/status.h"
#include "common/spreadsheet/refusal.h"
#include "common/spreadsheet/xlsx_package.h"
#include "common/spreadsheet/xml_scanner.h"

namespace sluice::spreadsheet {
namespace {

constexpr uint64_t kSmallPart = uint64_t{16} << 20;
constexpr std::string_view kContent = "content.xml";

}  // namespace

bool IsOpenDocument(const ZipContainer& zip) {
  return zip.Has(kContent) && (zip.Has("mimetype") || zip.Has("META-INF/manifest.xml"));
}

absl::StatusOr<std::unique_ptr<Workbook>> OdsWorkbook::Open(std::unique_ptr<ZipContainer> zip,
                                                            const Limits& limits) {
  std::unique_ptr<OdsWorkbook> workbook(new OdsWorkbook(std::move(zip), limits));
  SLUICE_RETURN_IF_ERROR(workbook->CheckKind());
  SLUICE_RETURN_IF_ERROR(workbook->ListSheets());
  return std::unique_ptr<Workbook>(std::move(workbook));
}

absl::Status OdsWorkbook::CheckKind() {
  if (zip_->Has("META-INF/manifest.xml")) {
    SLUICE_ASSIGN_OR_RETURN(const std::string manifest,
                            zip_->ReadPart("META-INF/manifest.xml", kSmallPart));
    if (manifest.find("encryption-data") != std::string::npos) {
      return Refuse(Refusal::kEncrypted, "it is protected by a password: save it without one");
    }
  }
  if (!zip_->Has("mimetype")) return absl::OkStatus();
  SLUICE_ASSIGN_OR_RETURN(const std::string kind, zip_->ReadPart("mimetype", 4096));
  if (kind.find("spreadsheet") == std::string::npos &&
      kind.find("opendocument") != std::string::npos) {
    return Refuse(Refusal::kUnsupported, "it is another document of OpenOffice, not a workbook");
  }
  return absl::OkStatus();
}

absl::Status OdsWorkbook::ListSheets() {
  SLUICE_ASSIGN_OR_RETURN(const auto text, OpenText(*zip_, kContent));
  XmlScanner xml(*text, limits_);
  // Styles of tables that are not shown.
  std::set<std::string, std::less<>> hidden;
  std::string style;
  while (true) {
    const XmlEvent event = xml.Next();
    if (event == XmlEvent::kDone) break;
    if (event == XmlEvent::kError) return xml.status();
    if (event != XmlEvent::kStart) continue;
    if (xml.name() == "style") {
      style = xml.Attribute("family") == "table" ? xml.PrefixedAttribute("style:name") : "";
    } else if (xml.name() == "table-properties" && xml.Attribute("display") == "false") {
      if (hidden.size() < limits_.formats) hidden.insert(style);
    } else if (xml.name() == "table" && xml.depth() == kTableDepth) {
      if (sheets_.size() >= limits_.entries) {
        return Refuse(Refusal::kBomb, "it has more sheets than real ones do");
      }
      SheetInfo& sheet = sheets_.emplace_back();
      sheet.name = std::string(xml.Attribute("name"));
      if (hidden.contains(xml.Attribute("style-name"))) sheet.visibility = Visibility::kHidden;
    }
  }
  if (sheets_.empty()) return Refuse(Refusal::kNoTable, "the workbook has no worksheet");
  return absl::OkStatus();
}

absl::StatusOr<std::shared_ptr<OdsContent>> OdsWorkbook::ContentBefore(size_t index) {
  std::shared_ptr<OdsContent>* nearest = nullptr;
  for (auto& content : contents_) {
    if (content == nullptr || content.use_count() > 1 || content->tables > index) continue;
    if (nearest == nullptr || content->tables > (*nearest)->tables) nearest = &content;
  }
  if (nearest != nullptr) return *nearest;
  SLUICE_ASSIGN_OR_RETURN(std::unique_ptr<ByteStream> text, OpenText(*zip_, kContent));
  auto opened = std::make_shared<OdsContent>(std::move(text), limits_);
  auto& place = contents_[0] == nullptr || contents_[1] != nullptr ? contents_[0] : contents_[1];
  place = opened;
  return opened;
}

absl::StatusOr<std::unique_ptr<SheetReader>> OdsWorkbook::OpenSheet(size_t index) {
  SLUICE_ASSIGN_OR_RETURN(auto content, ContentBefore(index));
  auto sheet = std::make_unique<OdsSheet>(
      std::move(content), limits_, limits_.given_free_bytes + limits_.given_ratio * zip_->size());
  SLUICE_RETURN_IF_ERROR(sheet->Find(index));
  return std::unique_ptr<SheetReader>(std::move(sheet));
}

}  // namespace sluice::spreadsheet
