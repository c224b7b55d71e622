// Text in the code pages of old workbooks.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

struct UConverter;

namespace sluice::spreadsheet {

// Thread-compatible.
class CodePage {
 public:
  CodePage() = default;
  ~CodePage();
  CodePage(const CodePage&) = delete;
  CodePage& operator=(const CodePage&) = delete;

  // By the number Windows and Excel use (936, 1252, ...); Windows-1252 for one that nobody knows.
  void Set(uint32_t number);
  // Appends UTF-8; bytes that are no text become U+FFFD.
  void Append(std::string_view bytes, std::string& out);

 private:
  uint32_t number_ = 1252;
  UConverter* converter_ = nullptr;
};

}  // namespace sluice::spreadsheet
