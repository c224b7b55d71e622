// What a text looks like that has no checksum and no grammar: a person's name, a company's, an
// address. For columns, where a share of the values counts, never for one value alone.
#pragma once

#include <string_view>

namespace sluice::recognise {

// A Chinese name of two to four characters that begins with a surname, or two to four capitalised
// words. `text` has had the text repairs.
bool LooksLikePersonName(std::string_view text);
// Ends with what companies end with: 有限公司, Inc., GmbH.
bool LooksLikeCompanyName(std::string_view text);
// 省 市 区 路 号, or a number and a street.
bool LooksLikeAddress(std::string_view text);
// A province of China in full or short.
bool LooksLikeProvince(std::string_view text);
bool LooksLikeCity(std::string_view text);
// Digits and the marks people write phone numbers with, 7 to 20 digits, and more than a bare
// number: a mobile, a leading 0 or plus, or parted by marks.
bool LooksLikePhone(std::string_view text);
// A mobile number of the mainland, with or without country code and marks.
bool LooksLikeMobile(std::string_view text);
bool LooksLikeUrl(std::string_view text);
bool LooksLikeGender(std::string_view text);
bool LooksLikePercentage(std::string_view text);
// With a sign or name of a currency.
bool LooksLikeCurrency(std::string_view text);
// Day or month first; no normal form can be told of one value.
bool LooksLikeDayFirstDate(std::string_view text);
// Letters and digits without a blank, both present.
bool LooksLikeCode(std::string_view text);

}  // namespace sluice::recognise
