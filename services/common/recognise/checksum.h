// Numbers that prove themselves by a check digit.
#pragma once

#include <string_view>

namespace sluice::recognise {

// GB 11643: 18 characters with a day of birth that exists and ISO 7064 MOD 11-2.
bool IsResidentId(std::string_view text);

// GB 32100: 18 characters, weighted sum modulo 31.
bool IsSocialCreditCode(std::string_view text);

// 16 to 19 digits with the check digit of ISO/IEC 7812 (Luhn); blanks in groups may part them.
bool IsBankCard(std::string_view text);

}  // namespace sluice::recognise
