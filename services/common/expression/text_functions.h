// The functions on text that an expression has. Bytes are UTF-8 throughout; what is not is taken
// byte by byte.
#pragma once

struct lua_State;

namespace sluice::expression {

// Puts them into the table on top of the stack.
void AddTextFunctions(lua_State* lua);

}  // namespace sluice::expression
