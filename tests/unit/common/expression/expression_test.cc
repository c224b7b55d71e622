#include "common/expression/expression.h"

#include <gtest/gtest.h>

namespace sluice::expression {
namespace {

const std::vector<std::string> kColumns = {"姓", "名", "phone"};
const std::vector<std::string_view> kCells = {"欧阳", " 娜 ", "010-5550-123"};

std::string Of(std::string_view source, const Limits& limits = {}) {
  auto expression = Expression::Compile(source, kColumns, limits);
  if (!expression.ok()) return "refused: " + std::string(expression.status().message());
  const auto answer = (*expression)->Evaluate(kCells);
  return answer.ok() ? std::string(*answer) : "failed: " + std::string(answer.status().message());
}

TEST(ExpressionTest, SeesTheCellsOfTheRow) {
  EXPECT_EQ(Of(R"(cell["姓"] .. cell["名"])"), "欧阳 娜 ");
  EXPECT_EQ(Of("cell[3]"), "010-5550-123");
  EXPECT_EQ(Of(R"(cell["名"] == "" and "none" or cell["姓"])"), "欧阳");
  auto expression = *Expression::Compile("cell[1] .. '|' .. cell[3]", kColumns);
  EXPECT_EQ(*expression->Evaluate(kCells), "欧阳|010-5550-123");
  EXPECT_EQ(*expression->Evaluate({}), "|") << "missing cells are blank";
}

TEST(ExpressionTest, HasFunctionsOnText) {
  EXPECT_EQ(Of("trim(cell[2])"), "娜");
  EXPECT_EQ(Of("upper('straße ß')"), "STRASSE SS");
  EXPECT_EQ(Of("lower('ÄB')"), "äb");
  EXPECT_EQ(Of("replace(cell[3], '-', '')"), "0105550123");
  EXPECT_EQ(Of("replace('aaa', '', 'b')"), "aaa");
  EXPECT_EQ(Of("part(cell[3], '-', 2)"), "5550");
  EXPECT_EQ(Of("part(cell[3], '-', -1)"), "123");
  EXPECT_EQ(Of("part(cell[3], '-', 9)"), "");
  EXPECT_EQ(Of("part(cell[3], '-', -9)"), "");
  EXPECT_EQ(Of("part(cell[3], '-', 0)"), "");
  EXPECT_EQ(Of("contains(cell[1], '欧') and 'yes' or 'no'"), "yes");
  EXPECT_EQ(Of("number('12') + 1"), "13");
  EXPECT_EQ(Of("number('12 apples') or 'none'"), "none");
}

TEST(ExpressionTest, AnswersAreTextNumbersBooleansOrBlank) {
  EXPECT_EQ(Of("nil"), "");
  EXPECT_EQ(Of("1 < 2"), "true");
  EXPECT_EQ(Of("7 // 2"), "3");
  EXPECT_EQ(Of("1 / 4"), "0.25");
  EXPECT_EQ(Of("{}"), "failed: it gives a table, not a text");
  EXPECT_EQ(Of("upper"), "failed: it gives a function, not a text");
}

TEST(ExpressionTest, IsOneExpressionAndNoProgram) {
  for (const std::string_view source : {"x = 1", "for", "1 2", "'", "return 1", "1) + (2 --"}) {
    EXPECT_TRUE(Of(source).starts_with("refused: line 1")) << source << ": " << Of(source);
  }
  EXPECT_EQ(Of(" \n"), "refused: the expression is empty");
  // Precompiled code could break the machine.
  EXPECT_TRUE(Of("\x1bLua").starts_with("refused"));
  EXPECT_TRUE(Of(std::string(5000, ' ')).starts_with("refused: an expression has at most"));
}

TEST(ExpressionTest, ReachesNothingElse) {
  for (const std::string_view name : {"os", "io", "string", "require", "load", "dofile", "pcall",
                                      "setmetatable", "rawset", "print", "_G", "collectgarbage"}) {
    EXPECT_EQ(Of(std::string(name) + " == nil"), "true") << name;
  }
  EXPECT_TRUE(Of("('x'):upper()").starts_with("failed")) << "texts have no methods";
}

TEST(ExpressionTest, KeepsNothingFromRowToRow) {
  for (const std::string_view source :
       {"(function() x = 1; return x end)()", "(function() cell.x = 1 end)()",
        "(function() upper = nil end)()", "(function() _ENV.y = 2 end)()"}) {
    EXPECT_EQ(Of(source), "failed: line 1: an expression cannot keep anything") << source;
  }
  // What it makes for itself is its own.
  EXPECT_EQ(Of("(function() local t = {} t.a = 'b' return t.a end)()"), "b");
}

TEST(ExpressionTest, IsStopped) {
  const std::string endless = Of("(function() while true do end end)()");
  EXPECT_NE(endless.find("it takes more than 100000 instructions"), std::string::npos) << endless;
  EXPECT_TRUE(Of("(function() local s = 'x' while true do s = s .. s end end)()")
                  .starts_with("failed: not enough memory"));
  EXPECT_TRUE(Of("(function() local function f() return f() + 1 end return f() end)()")
                  .starts_with("failed"));
  EXPECT_EQ(Of("replace(replace('aaaaaaaaaa', 'a', '0123456789'), '1', '0123456789')",
               {.answer_bytes = 10}),
            "failed: it gives more than 10 bytes");
}

TEST(ExpressionTest, GoesOnAfterAFailure) {
  auto expression = *Expression::Compile("number(cell[1]) + 1", kColumns);
  const std::vector<std::string_view> number = {"41"};
  for (int i = 0; i < 1000; ++i) {
    EXPECT_FALSE(expression->Evaluate(kCells).ok());
    EXPECT_EQ(*expression->Evaluate(number), "42");
  }
}

TEST(ExpressionTest, AMessageHoldsNoValue) {
  for (const std::string_view source :
       {"cell[1] + 1", "cell[1]()", "cell[1].x.y", "cell[1] < 1", "upper({})", "cell['none']",
        "cell[9]", "part(cell[3], '', 1)"}) {
    const std::string said = Of(source);
    EXPECT_TRUE(said.starts_with("failed")) << source;
    EXPECT_EQ(said.find("欧阳"), std::string::npos) << said;
    EXPECT_EQ(said.find("5550"), std::string::npos) << said;
  }
}

}  // namespace
}  // namespace sluice::expression
