#include "common/spreadsheet/xlsx_package.h"

#include "common/base/status.h"
#include "common/spreadsheet/refusal.h"
#include "common/spreadsheet/utf8_stream.h"
#include "common/spreadsheet/xml_scanner.h"

namespace sluice::spreadsheet {
namespace {

constexpr std::string_view kUsualWorkbook = "xl/workbook.xml";

std::string_view FolderOf(std::string_view part) {
  const size_t slash = part.rfind('/');
  return slash == std::string_view::npos ? std::string_view() : part.substr(0, slash + 1);
}

std::string ListOf(std::string_view part) {
  const std::string_view folder = FolderOf(part);
  return std::string(folder) + "_rels/" + std::string(part.substr(folder.size())) + ".rels";
}

// "%20" and its like.
std::string Unquoted(std::string_view target) {
  std::string plain;
  for (size_t i = 0; i < target.size(); ++i) {
    const auto hex = [](char c) {
      if (c >= '0' && c <= '9') return c - '0';
      if (c >= 'a' && c <= 'f') return c - 'a' + 10;
      return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
    };
    if (target[i] == '%' && i + 2 < target.size() && hex(target[i + 1]) >= 0 &&
        hex(target[i + 2]) >= 0) {
      plain += static_cast<char>(hex(target[i + 1]) * 16 + hex(target[i + 2]));
      i += 2;
    } else {
      plain += target[i] == '\\' ? '/' : target[i];
    }
  }
  return plain;
}

// `target` seen from the folder of `part`; "." and ".." resolved.
std::string Resolve(std::string_view part, std::string_view target) {
  const std::string plain = Unquoted(target);
  std::string path = plain.starts_with('/') ? plain : std::string(FolderOf(part)) + plain;
  std::vector<std::string_view> kept;
  std::string_view rest = path;
  while (!rest.empty()) {
    const size_t slash = std::min(rest.find('/'), rest.size());
    const std::string_view name = rest.substr(0, slash);
    rest.remove_prefix(std::min(slash + 1, rest.size()));
    if (name == "..") {
      if (!kept.empty()) kept.pop_back();
    } else if (!name.empty() && name != ".") {
      kept.push_back(name);
    }
  }
  std::string resolved;
  for (const std::string_view name : kept) {
    if (!resolved.empty()) resolved += '/';
    resolved += name;
  }
  return resolved;
}

std::string_view LastWord(std::string_view type) {
  return type.substr(type.rfind('/') == std::string_view::npos ? 0 : type.rfind('/') + 1);
}

absl::Status NoWorkbook(const ZipContainer& zip) {
  if (zip.Has("EncryptionInfo") || zip.Has("EncryptedPackage")) {
    return Refuse(Refusal::kEncrypted, "it is protected by a password");
  }
  for (const auto& [part, what] :
       {std::pair{"word/document.xml", "a text document (.docx)"},
        {"ppt/presentation.xml", "a presentation (.pptx)"},
        {"visio/document.xml", "a drawing (.vsdx)"},
        {"Index/Document.iwa", "an Apple Numbers or Pages document: export it as Excel"}}) {
    if (zip.Has(part)) {
      return Refuse(Refusal::kUnsupported, std::string("it is ") + what + ", not a workbook");
    }
  }
  return Refuse(Refusal::kCorrupt, "the container holds no workbook");
}

}  // namespace

absl::StatusOr<std::unique_ptr<ByteStream>> OpenText(ZipContainer& zip, std::string_view part) {
  SLUICE_ASSIGN_OR_RETURN(std::unique_ptr<ByteStream> bytes, zip.OpenPart(part));
  return std::make_unique<Utf8Stream>(std::move(bytes));
}

absl::StatusOr<std::vector<Relationship>> ReadRelationships(ZipContainer& zip,
                                                            std::string_view part,
                                                            const Limits& limits) {
  std::vector<Relationship> relationships;
  const std::string list = ListOf(part);
  if (!zip.Has(list)) return relationships;
  SLUICE_ASSIGN_OR_RETURN(const auto text, OpenText(zip, list));
  XmlScanner xml(*text, limits);
  while (true) {
    const XmlEvent event = xml.Next();
    if (event == XmlEvent::kDone) return relationships;
    if (event == XmlEvent::kError) return xml.status();
    if (event != XmlEvent::kStart || xml.name() != "Relationship") continue;
    if (relationships.size() >= limits.entries) {
      return Refuse(Refusal::kBomb, "a part has more relationships than real ones do");
    }
    Relationship& added = relationships.emplace_back();
    added.id = std::string(xml.Attribute("Id"));
    added.kind = std::string(LastWord(xml.Attribute("Type")));
    if (xml.Attribute("TargetMode") != "External") {
      added.target = Resolve(part, xml.Attribute("Target"));
    }
  }
}

absl::StatusOr<std::string> FindWorkbookPart(ZipContainer& zip, const Limits& limits) {
  auto relationships = ReadRelationships(zip, "", limits);
  if (relationships.ok()) {
    for (const Relationship& relationship : *relationships) {
      if (relationship.kind != "officeDocument" || !zip.Has(relationship.target)) continue;
      const std::string name = NormalPartName(relationship.target);
      if (name.ends_with(".bin")) {
        return Refuse(Refusal::kUnsupported,
                      "it is a binary workbook (.xlsb): save it as .xlsx in Excel");
      }
      if (name.starts_with("word/") || name.starts_with("ppt/") || name.starts_with("visio/")) {
        return NoWorkbook(zip);
      }
      return relationship.target;
    }
  } else if (RefusalCode(relationships.status()) != Code(Refusal::kCorrupt)) {
    return relationships.status();
  }
  if (zip.Has(kUsualWorkbook)) return std::string(kUsualWorkbook);
  if (zip.Has("xl/workbook.bin")) {
    return Refuse(Refusal::kUnsupported,
                  "it is a binary workbook (.xlsb): save it as .xlsx in Excel");
  }
  return NoWorkbook(zip);
}

}  // namespace sluice::spreadsheet
