// The number formats of a workbook, by the index that cells name.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/spreadsheet/number_format.h"

namespace sluice::spreadsheet {

// Thread-compatible.
class FormatTable {
 public:
  FormatTable() { Intern("General"); }

  // A format of the file, by the number its styles use.
  void Define(uint32_t id, std::string_view code) { codes_[id] = std::string(code); }
  // The next style's format.
  void AddStyle(uint32_t id);
  // General for a style that is not there.
  const NumberFormat& Of(uint32_t style) const {
    return style < styles_.size() ? *styles_[style] : formats_.front();
  }
  size_t styles() const { return styles_.size(); }
  size_t defined() const { return codes_.size(); }

 private:
  const NumberFormat* Intern(std::string_view code);

  std::map<uint32_t, std::string> codes_;
  std::map<std::string, const NumberFormat*, std::less<>> by_code_;
  std::deque<NumberFormat> formats_;
  std::vector<const NumberFormat*> styles_;
};

}  // namespace sluice::spreadsheet
