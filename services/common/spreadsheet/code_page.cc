#include "common/spreadsheet/code_page.h"

#include <fmt/format.h>
#include <unicode/ucnv.h>
#include <unicode/ustring.h>

#include <vector>

namespace sluice::spreadsheet {
namespace {

std::string ConverterName(uint32_t number) {
  switch (number) {
    case 936:
      return "gb18030";
    case 367:
    case 32769:
      return "windows-1252";
    case 1200:
      return "utf-16le";
    case 10000:
    case 32768:
      return "macintosh";
    case 10001:
      return "shift_jis";
    case 10029:
      return "x-mac-centraleurroman";
    case 65001:
      return "utf-8";
    default:
      return number < 1250 && number != 874 && number != 932 && number != 949 && number != 950
                 ? fmt::format("ibm-{}", number)
                 : fmt::format("windows-{}", number);
  }
}

}  // namespace

CodePage::~CodePage() {
  if (converter_ != nullptr) ucnv_close(converter_);
}

void CodePage::Set(uint32_t number) {
  number_ = number;
  if (converter_ != nullptr) ucnv_close(converter_);
  converter_ = nullptr;
}

void CodePage::Append(std::string_view bytes, std::string& out) {
  UErrorCode error = U_ZERO_ERROR;
  if (converter_ == nullptr) {
    converter_ = ucnv_open(ConverterName(number_).c_str(), &error);
    if (U_FAILURE(error)) {
      error = U_ZERO_ERROR;
      converter_ = ucnv_open("windows-1252", &error);
    }
  }
  std::vector<UChar> units(bytes.size() * 2 + 8);
  const int32_t length = ucnv_toUChars(converter_, units.data(), static_cast<int32_t>(units.size()),
                                       bytes.data(), static_cast<int32_t>(bytes.size()), &error);
  if (U_FAILURE(error)) return;
  std::string text(static_cast<size_t>(length) * 3, '\0');
  int32_t written = 0;
  u_strToUTF8WithSub(text.data(), static_cast<int32_t>(text.size()), &written, units.data(), length,
                     0xFFFD, nullptr, &error);
  out.append(text.data(), static_cast<size_t>(written));
}

}  // namespace sluice::spreadsheet
