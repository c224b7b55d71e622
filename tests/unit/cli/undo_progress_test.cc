#include "cli/undo_progress.h"

#include <gtest/gtest.h>

namespace sluice::cli {
namespace {

TEST(UndoProgressTest, SaysHowFarHowFastAndHowLong) {
  // Of 1,000 rows 200 were done before, 300 more in 10 seconds; 500 are left.
  EXPECT_EQ(UndoProgressText(Language::kEnglish, 500, 200, 1000, 10),
            " 50 %  500 rows, 30 rows/s, 0:16 left");
  EXPECT_EQ(UndoProgressText(Language::kChinese, 500, 200, 1000, 10),
            " 50 %  500 行，每秒 30 行，剩余 0:16");
  // Rows that waited may come on top.
  EXPECT_EQ(UndoProgressText(Language::kEnglish, 1001, 0, 1000, 1),
            "100 %  1001 rows, 1001 rows/s, 0:00 left");
  // How many there will be is not known, or nothing was done yet.
  EXPECT_EQ(UndoProgressText(Language::kEnglish, 500, 0, 0, 10), "500 rows, 50 rows/s, ? left");
  EXPECT_EQ(UndoProgressText(Language::kEnglish, 0, 0, 1000, 0), "  0 %  0 rows, 0 rows/s, ? left");
}

TEST(UndoProgressTest, RowsOfAnImportAndOfItsRollbacks) {
  control::ImportRecord import;
  import.counts.outcomes[control::recordpb::OUTCOME_ADDED] = 5;
  import.counts.outcomes[control::recordpb::OUTCOME_UPDATED] = 3;
  import.counts.outcomes[control::recordpb::OUTCOME_UNCHANGED] = 100;
  import.counts.created_references = 2;
  EXPECT_EQ(RowsWritten(import), 10);
  auto& totals = *import.undo.mutable_totals();
  totals.set_removed(4);
  totals.set_restored(2);
  totals.set_partly(1);
  totals.set_kept(50);
  EXPECT_EQ(RowsTakenBack(import), 7);
}

}  // namespace
}  // namespace sluice::cli
