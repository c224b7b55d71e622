#include "common/expression/text_functions.h"

#include <lauxlib.h>
#include <lua.h>
#include <unicode/casemap.h>
#include <unicode/stringoptions.h>

#include <string_view>

#include "common/base/text_part.h"

namespace sluice::expression {
namespace {

// A text argument; numbers are taken as they print. Arguments that are none end the expression.
std::string_view Text(lua_State* lua, int argument) {
  size_t size = 0;
  const char* const text = luaL_checklstring(lua, argument, &size);
  return {text, size};
}

void Push(lua_State* lua, std::string_view text) {
  lua_pushlstring(lua, text.data(), text.size());
}

bool IsSpace(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

// Nothing below may hold an object with a destructor across a call that can raise: Lua leaves by
// longjmp.
using Mapping = int32_t (*)(const char* from, int32_t size, char* to, int32_t capacity,
                            UErrorCode& error);

int Cased(lua_State* lua, Mapping mapping) {
  const std::string_view text = Text(lua, 1);
  // Case mapping makes a text at most three times as long (Unicode, 5.18).
  constexpr size_t kGrowth = 3;
  luaL_Buffer buffer;
  char* const to = luaL_buffinitsize(lua, &buffer, text.size() * kGrowth + 1);
  UErrorCode error = U_ZERO_ERROR;
  const int32_t size = mapping(text.data(), static_cast<int32_t>(text.size()), to,
                               static_cast<int32_t>(text.size() * kGrowth + 1), error);
  if (U_FAILURE(error) != 0) return luaL_error(lua, "the text cannot be changed");
  luaL_pushresultsize(&buffer, static_cast<size_t>(size));
  return 1;
}

int Upper(lua_State* lua) {
  return Cased(lua, [](const char* from, int32_t size, char* to, int32_t room, UErrorCode& error) {
    return icu::CaseMap::utf8ToUpper("", 0, from, size, to, room, nullptr, error);
  });
}

int Lower(lua_State* lua) {
  return Cased(lua, [](const char* from, int32_t size, char* to, int32_t room, UErrorCode& error) {
    return icu::CaseMap::utf8ToLower("", 0, from, size, to, room, nullptr, error);
  });
}

int Trim(lua_State* lua) {
  std::string_view text = Text(lua, 1);
  while (!text.empty() && IsSpace(text.front())) text.remove_prefix(1);
  while (!text.empty() && IsSpace(text.back())) text.remove_suffix(1);
  Push(lua, text);
  return 1;
}

int Replace(lua_State* lua) {
  std::string_view text = Text(lua, 1);
  const std::string_view from = Text(lua, 2);
  const std::string_view to = Text(lua, 3);
  luaL_Buffer buffer;
  luaL_buffinit(lua, &buffer);
  while (!from.empty()) {
    const size_t at = text.find(from);
    if (at == std::string_view::npos) break;
    luaL_addlstring(&buffer, text.data(), at);
    luaL_addlstring(&buffer, to.data(), to.size());
    text.remove_prefix(at + from.size());
  }
  luaL_addlstring(&buffer, text.data(), text.size());
  luaL_pushresult(&buffer);
  return 1;
}

// part("a-b-c", "-", 2) is "b"; from the end with a negative number; "" when there is none.
int Part(lua_State* lua) {
  const std::string_view text = Text(lua, 1);
  const std::string_view separator = Text(lua, 2);
  const lua_Integer number = luaL_checkinteger(lua, 3);
  if (separator.empty()) return luaL_error(lua, "part: the separator is empty");
  Push(lua, base::TextPart(text, separator, number));
  return 1;
}

int Contains(lua_State* lua) {
  const std::string_view text = Text(lua, 1);
  lua_pushboolean(lua, text.find(Text(lua, 2)) != std::string_view::npos ? 1 : 0);
  return 1;
}

// nil when it is none.
int Number(lua_State* lua) {
  Text(lua, 1);
  lua_settop(lua, 1);
  if (lua_stringtonumber(lua, lua_tostring(lua, 1)) == 0) lua_pushnil(lua);
  return 1;
}

}  // namespace

void AddTextFunctions(lua_State* lua) {
  constexpr luaL_Reg kFunctions[] = {
      {"upper", Upper}, {"lower", Lower},       {"trim", Trim},     {"replace", Replace},
      {"part", Part},   {"contains", Contains}, {"number", Number}, {nullptr, nullptr}};
  luaL_setfuncs(lua, kFunctions, 0);
}

}  // namespace sluice::expression
