#include "common/formats/file_kind.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>

namespace sluice::formats {
namespace {

// The characters of a literal, NULs among them.
template <size_t N>
constexpr std::string_view Bytes(const char (&text)[N]) {
  return {text, N - 1};
}

constexpr std::string_view kSaveAsCsv =
    "save it as CSV first (in Excel: File > Save As > CSV UTF-8; 文件 > 另存为 > CSV UTF-8) and "
    "import the saved file";

struct Magic {
  std::string_view bytes;
  std::string_view what;
  // The bytes may begin a text too, so there must also be some that no text has.
  bool like_text = false;
};

constexpr std::array kArchives = {
    Magic{Bytes("\x1F\x8B"), "a gzip archive in an archive"},
    Magic{Bytes("PK\x03\x04"), "a zip archive in an archive"},
    Magic{Bytes("Rar!"), "a RAR archive", true},
    Magic{Bytes("7z\xBC\xAF\x27\x1C"), "a 7-Zip archive"},
    Magic{Bytes("BZh"), "a bzip2 archive", true},
    Magic{Bytes("\x28\xB5\x2F\xFD"), "a Zstandard archive"},
    Magic{Bytes("\xFD"
                "7zXZ\0"),
          "an xz archive"},
};

constexpr std::array kDocuments = {
    Magic{Bytes("%PDF-"), "a PDF document"},
    Magic{Bytes("\x89PNG\r\n"), "an image (PNG)"},
    Magic{Bytes("\xFF\xD8\xFF"), "an image (JPEG)"},
    Magic{Bytes("GIF8"), "an image (GIF)", true},
    Magic{Bytes("II*\0"), "an image (TIFF)"},
    Magic{Bytes("MM\0*"), "an image (TIFF)"},
    Magic{Bytes("{\\rtf"), "a rich text document"},
    Magic{Bytes("SQLite format 3\0"), "an SQLite database"},
    Magic{Bytes("PAR1"), "a Parquet file", true},
    Magic{Bytes("\x7F"
                "ELF"),
          "a program"},
};

bool Contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

bool HasControls(std::string_view head) {
  return std::any_of(head.begin(), head.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 && (byte < '\t' || byte > '\r') && byte != 0x1A;
  });
}

bool Matches(const Magic& magic, std::string_view head) {
  return head.starts_with(magic.bytes) && (!magic.like_text || HasControls(head));
}

absl::Status SpreadsheetError(std::string_view file_name, std::string_view what) {
  return absl::InvalidArgumentError(
      fmt::format("{} is a spreadsheet ({}), not a text file: {}", file_name, what, kSaveAsCsv));
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
  for (const Magic& magic : kArchives) {
    if (Matches(magic, head)) {
      return absl::InvalidArgumentError(fmt::format(
          "{} is {}: unpack it and import the file that is inside", file_name, magic.what));
    }
  }
  for (const Magic& magic : kDocuments) {
    if (Matches(magic, head)) {
      return absl::InvalidArgumentError(
          fmt::format("{} is {}, which holds no rows that can be read: export the data as CSV",
                      file_name, magic.what));
    }
  }
  return CheckMarkup(head, file_name);
}

absl::Status BinaryFileError(std::string_view file_name) {
  return absl::InvalidArgumentError(
      fmt::format("{} is a binary file, not text (it has many NUL bytes, or some beside other "
                  "control characters): export the "
                  "data as CSV; if it is a spreadsheet, {}",
                  file_name, kSaveAsCsv));
}

}  // namespace sluice::formats
