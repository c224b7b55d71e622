#include "common/formats/file_kind.h"

#include <fmt/format.h>

#include <array>

namespace sluice::formats {
namespace {

using std::string_view_literals::operator""sv;

constexpr std::string_view kSaveAsCsv =
    "save it as CSV first (in Excel: File > Save As > CSV UTF-8; 文件 > 另存为 > CSV UTF-8) and "
    "import the saved file";

struct Magic {
  std::string_view bytes;
  std::string_view what;
};

constexpr std::array kArchives = {
    Magic{"\x1F\x8B"sv, "a gzip archive"},
    Magic{"Rar!"sv, "a RAR archive"},
    Magic{"7z\xBC\xAF\x27\x1C"sv, "a 7-Zip archive"},
    Magic{"BZh"sv, "a bzip2 archive"},
    Magic{"\x28\xB5\x2F\xFD"sv, "a Zstandard archive"},
    Magic{"\xFD"
          "7zXZ\0"sv,
          "an xz archive"},
};

constexpr std::array kDocuments = {
    Magic{"%PDF-"sv, "a PDF document"},
    Magic{"\x89PNG\r\n"sv, "an image (PNG)"},
    Magic{"\xFF\xD8\xFF"sv, "an image (JPEG)"},
    Magic{"GIF8"sv, "an image (GIF)"},
    Magic{"II*\0"sv, "an image (TIFF)"},
    Magic{"MM\0*"sv, "an image (TIFF)"},
    Magic{"{\\rtf"sv, "a rich text document"},
    Magic{"SQLite format 3\0"sv, "an SQLite database"},
    Magic{"PAR1"sv, "a Parquet file"},
    Magic{"\x7F"
          "ELF"sv,
          "a program"},
};

bool Contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

absl::Status SpreadsheetError(std::string_view file_name, std::string_view what) {
  return absl::InvalidArgumentError(
      fmt::format("{} is a spreadsheet ({}), not a text file: {}", file_name, what, kSaveAsCsv));
}

absl::Status CheckZip(std::string_view head, std::string_view file_name) {
  if (Contains(head, "application/vnd.oasis.opendocument.spreadsheet")) {
    return SpreadsheetError(file_name, "OpenDocument, .ods");
  }
  if (Contains(head, "xl/vbaProject")) return SpreadsheetError(file_name, "Excel, .xlsm");
  if (Contains(head, "xl/") || file_name.ends_with(".xlsx") || file_name.ends_with(".XLSX")) {
    return SpreadsheetError(file_name, "Excel, .xlsx");
  }
  if (Contains(head, "[Content_Types].xml")) {
    return SpreadsheetError(file_name, "or another Office document");
  }
  return absl::InvalidArgumentError(
      fmt::format("{} is a zip archive: unpack it and import the file that is inside", file_name));
}

// The first characters of a text, without a byte order mark and white space, in lower case.
std::string Opening(std::string_view head) {
  if (head.starts_with("\xEF\xBB\xBF")) head.remove_prefix(3);
  const size_t from = head.find_first_not_of(" \t\r\n");
  if (from == std::string_view::npos) return {};
  std::string opening(head.substr(from, 512));
  for (char& c : opening) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  }
  return opening;
}

absl::Status CheckMarkup(std::string_view head, std::string_view file_name) {
  const std::string opening = Opening(head);
  if (opening.starts_with("<?xml") || opening.starts_with("<workbook")) {
    if (Contains(head, "urn:schemas-microsoft-com:office:spreadsheet")) {
      return SpreadsheetError(file_name, "Excel 2003 XML");
    }
  }
  if (opening.starts_with("<?xml")) {
    return absl::InvalidArgumentError(
        fmt::format("{} is an XML document, not a table: export the data as CSV", file_name));
  }
  if (opening.starts_with("<!doctype html") || opening.starts_with("<html") ||
      opening.starts_with("<table")) {
    return SpreadsheetError(file_name, "a web page with a table, as some systems export for Excel");
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckIsText(std::string_view head, std::string_view file_name) {
  if (head.starts_with("PK\x03\x04") || head.starts_with("PK\x05\x06")) {
    return CheckZip(head, file_name);
  }
  if (head.starts_with("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1")) {
    return SpreadsheetError(file_name, "Excel 97-2003, .xls, or another Office document");
  }
  // BIFF 2 to 4 begin with a BOF record and have no container.
  if (head.starts_with("\x09\x00\x04\x00"sv) || head.starts_with("\x09\x02\x06\x00"sv) ||
      head.starts_with("\x09\x04\x06\x00"sv)) {
    return SpreadsheetError(file_name, "early Excel, .xls");
  }
  for (const Magic& magic : kArchives) {
    if (head.starts_with(magic.bytes)) {
      return absl::InvalidArgumentError(fmt::format(
          "{} is {}: unpack it and import the file that is inside", file_name, magic.what));
    }
  }
  for (const Magic& magic : kDocuments) {
    if (head.starts_with(magic.bytes)) {
      return absl::InvalidArgumentError(
          fmt::format("{} is {}, which holds no rows that can be read: export the data as CSV",
                      file_name, magic.what));
    }
  }
  return CheckMarkup(head, file_name);
}

absl::Status BinaryFileError(std::string_view file_name) {
  return absl::InvalidArgumentError(
      fmt::format("{} is a binary file, not text (it has NUL bytes near its start): export the "
                  "data as CSV; if it is a spreadsheet, {}",
                  file_name, kSaveAsCsv));
}

}  // namespace sluice::formats
