#include "common/base/status.h"

#include <gtest/gtest.h>

#include "absl/strings/cord.h"

namespace sluice::base {
namespace {

TEST(StatusTest, AnnotatingKeepsWhatGoesAlongForPrograms) {
  absl::Status status = absl::InvalidArgumentError("it is damaged");
  status.SetPayload("reason", absl::Cord("corrupt"));
  const absl::Status annotated = Annotate(status, "a.xlsx");
  EXPECT_EQ(Message(annotated), "a.xlsx: it is damaged");
  ASSERT_TRUE(annotated.GetPayload("reason").has_value());
  EXPECT_EQ(*annotated.GetPayload("reason"), "corrupt");
  EXPECT_TRUE(Annotate(absl::OkStatus(), "a.xlsx").ok());
}

}  // namespace
}  // namespace sluice::base
