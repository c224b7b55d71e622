#include "common/expression/expression.h"

#include <fmt/format.h>
#include <lauxlib.h>
#include <lua.h>

#include <algorithm>
#include <cstdlib>
#include <map>

#include "common/base/status.h"
#include "common/expression/text_functions.h"

namespace sluice::expression {
namespace {

// Lua counts in steps of this; the limit is kept to as much.
constexpr int kHookEvery = 1000;

int Refuse(lua_State* lua) {
  return luaL_error(lua, "an expression cannot keep anything");
}

}  // namespace

// The virtual machine. Lua leaves a failing call by longjmp, so nothing that has a destructor lives
// on the stack between lua_pcall and what may fail.
class Expression::Machine {
 public:
  Machine(std::span<const std::string> columns, const Limits& limits) : limits_(limits) {
    for (size_t i = 0; i < columns.size(); ++i) columns_.emplace(columns[i], i);
    lua_ = lua_newstate(&Machine::Allocate, this);
  }
  ~Machine() {
    if (lua_ != nullptr) lua_close(lua_);
  }
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  absl::Status Compile(std::string_view source) {
    if (lua_ == nullptr) return absl::ResourceExhaustedError("no memory for an expression");
    if (source.size() > limits_.source_bytes) {
      return absl::InvalidArgumentError(
          fmt::format("an expression has at most {} bytes", limits_.source_bytes));
    }
    if (source.find_first_not_of(" \t\r\n") == std::string_view::npos) {
      return absl::InvalidArgumentError("the expression is empty");
    }
    // Text before it makes it one expression and no statement; a line break ends a comment.
    source_ = fmt::format("return {}\n", source);
    lua_pushcfunction(lua_, &Machine::Prepare);
    lua_pushlightuserdata(lua_, this);
    if (lua_pcall(lua_, 1, 1, 0) != LUA_OK) return Failure(absl::StatusCode::kInvalidArgument);
    // The expression stays at the bottom of the stack.
    return absl::OkStatus();
  }

  absl::StatusOr<std::string_view> Evaluate(std::span<const std::string_view> cells) {
    cells_ = cells;
    executed_ = 0;
    lua_settop(lua_, 1);
    lua_pushvalue(lua_, 1);
    lua_sethook(lua_, &Machine::Count, LUA_MASKCOUNT, kHookEvery);
    if (lua_pcall(lua_, 0, 1, 0) != LUA_OK) return Failure(absl::StatusCode::kFailedPrecondition);
    return Answer();
  }

 private:
  static Machine& Of(lua_State* lua) {
    void* machine = nullptr;
    lua_getallocf(lua, &machine);
    return *static_cast<Machine*>(machine);
  }

  static void* Allocate(void* self, void* block, size_t old_size, size_t new_size) {
    Machine& machine = *static_cast<Machine*>(self);
    const size_t before = block == nullptr ? 0 : old_size;
    if (new_size == 0) {
      machine.used_ -= before;
      std::free(block);
      return nullptr;
    }
    if (new_size > before && machine.used_ - before + new_size > machine.limits_.memory_bytes) {
      return nullptr;
    }
    void* const moved = std::realloc(block, new_size);
    if (moved != nullptr) machine.used_ += new_size - before;
    return moved;
  }

  static void Count(lua_State* lua, lua_Debug*) {
    Machine& machine = Of(lua);
    machine.executed_ += kHookEvery;
    if (machine.executed_ > machine.limits_.instructions) {
      luaL_error(lua, "it takes more than %d instructions", machine.limits_.instructions);
    }
  }

  // cell["header"] and cell[number].
  static int Cell(lua_State* lua) {
    const Machine& machine = Of(lua);
    size_t column = machine.cells_.size();
    if (lua_type(lua, 2) == LUA_TNUMBER) {
      const lua_Integer number = luaL_checkinteger(lua, 2);
      if (number < 1 || static_cast<size_t>(number) > machine.columns_.size()) {
        return luaL_error(lua, "there is no column %d", static_cast<int>(number));
      }
      column = static_cast<size_t>(number) - 1;
    } else {
      size_t size = 0;
      const char* const name = luaL_checklstring(lua, 2, &size);
      const auto found = machine.columns_.find(std::string_view(name, size));
      if (found == machine.columns_.end()) return luaL_error(lua, "there is no column '%s'", name);
      column = found->second;
    }
    const std::string_view text =
        column < machine.cells_.size() ? machine.cells_[column] : std::string_view();
    lua_pushlstring(lua, text.data(), text.size());
    return 1;
  }

  // A table that reads by `index` and takes nothing; what is on top of the stack is what it holds.
  static void PushReadOnly(lua_State* lua, lua_CFunction index) {
    lua_createtable(lua, 0, 0);
    lua_createtable(lua, 0, 3);
    if (index != nullptr) {
      lua_pushcfunction(lua, index);
    } else {
      lua_pushvalue(lua, -3);
    }
    lua_setfield(lua, -2, "__index");
    lua_pushcfunction(lua, &Refuse);
    lua_setfield(lua, -2, "__newindex");
    lua_setmetatable(lua, -2);
  }

  static int Prepare(lua_State* lua) {
    const auto& machine = *static_cast<const Machine*>(lua_touserdata(lua, 1));
    if (luaL_loadbufferx(lua, machine.source_.data(), machine.source_.size(), "=expression", "t") !=
        LUA_OK) {
      return lua_error(lua);
    }
    // What it sees: functions, and the cells.
    lua_createtable(lua, 0, 8);
    AddTextFunctions(lua);
    PushReadOnly(lua, &Machine::Cell);
    lua_setfield(lua, -2, "cell");
    PushReadOnly(lua, nullptr);
    // Its first upvalue is _ENV; one that names nothing has none.
    if (lua_setupvalue(lua, 2, 1) == nullptr) lua_pop(lua, 1);
    lua_settop(lua, 2);
    return 1;
  }

  absl::Status Failure(absl::StatusCode code) {
    const char* const text = lua_tostring(lua_, -1);
    // "expression:1: what"; values are never part of it, but for names the author wrote.
    std::string message = text == nullptr ? "it fails" : text;
    constexpr std::string_view kPlace = "expression:";
    if (message.starts_with(kPlace)) message = "line " + message.substr(kPlace.size());
    lua_settop(lua_, 1);
    return absl::Status(code, message);
  }

  absl::StatusOr<std::string_view> Answer() {
    switch (lua_type(lua_, -1)) {
      case LUA_TNIL:
        return std::string_view();
      case LUA_TBOOLEAN:
        return std::string_view(lua_toboolean(lua_, -1) != 0 ? "true" : "false");
      case LUA_TSTRING:
        break;
      case LUA_TNUMBER:
        number_ = lua_isinteger(lua_, -1) != 0 ? fmt::format("{}", lua_tointeger(lua_, -1))
                                               : fmt::format("{}", lua_tonumber(lua_, -1));
        return std::string_view(number_);
      default:
        return absl::FailedPreconditionError(
            fmt::format("it gives a {}, not a text", luaL_typename(lua_, -1)));
    }
    size_t size = 0;
    const char* const text = lua_tolstring(lua_, -1, &size);
    if (size > limits_.answer_bytes) {
      return absl::FailedPreconditionError(
          fmt::format("it gives more than {} bytes", limits_.answer_bytes));
    }
    return std::string_view(text, size);
  }

  const Limits limits_;
  size_t used_ = 0;
  int executed_ = 0;
  std::map<std::string, size_t, std::less<>> columns_;
  std::span<const std::string_view> cells_;
  std::string source_;
  std::string number_;
  lua_State* lua_ = nullptr;
};

Expression::Expression(std::unique_ptr<Machine> machine) : machine_(std::move(machine)) {}
Expression::~Expression() = default;

absl::StatusOr<std::unique_ptr<Expression>> Expression::Compile(
    std::string_view source, std::span<const std::string> columns, const Limits& limits) {
  auto machine = std::make_unique<Machine>(columns, limits);
  SLUICE_RETURN_IF_ERROR(machine->Compile(source));
  return std::unique_ptr<Expression>(new Expression(std::move(machine)));
}

absl::StatusOr<std::string_view> Expression::Evaluate(std::span<const std::string_view> cells) {
  return machine_->Evaluate(cells);
}

}  // namespace sluice::expression
