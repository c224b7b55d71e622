"""Rows in review, and what a person says of them: that one, a new one, never; remembered or not."""

import json
import sqlite3

from e2e.resubmitting import ATTENTION, FAILED, OUTCOMES, USAGE, ResubmitTest


class Reviewed(ResubmitTest):
    def candidates(self):
        return self.rows("--outcome", "review")[0]["candidates"].split(",")

    def review(self, answer, *arguments, code=0):
        done = self.sluice.run("review", "last", "--row", "2", "--answer", answer, "--json",
                               *arguments)
        self.assertEqual(done.returncode, code, done.stderr)
        return json.loads(done.stdout) if done.stdout else done.stderr

    def notes(self):
        return {row[0]: row[4] for row in self.sink()}

    def test_that_one(self):
        self.import_ambiguous()
        summary = self.review(self.candidates()[1])
        self.assertEqual(self.counts(summary), {"added": 1, "updated": 1})
        self.assertEqual(self.notes(), {"c1": "first", "c2": "which?", "c9": "plain"})

    def test_a_new_one(self):
        self.import_ambiguous()
        summary = self.review("new")
        self.assertEqual(self.counts(summary), {"added": 2})
        self.assertEqual(len(self.sink()), 4)

    def test_never(self):
        self.import_ambiguous()
        summary = self.review("never")
        self.assertEqual(self.counts(summary), {"added": 1, "skipped": 1})
        self.assertEqual([row["code"] for row in self.rows()], ["not_wanted"])

    def test_an_answer_in_the_file(self):
        self.import_ambiguous()
        listed = self.rows()
        listed[0]["answer"] = listed[0]["candidates"].split(",")[0]
        summary = self.resubmit(self.write_rows("answered.csv", listed))
        self.assertEqual(self.counts(summary), {"added": 1, "updated": 1})
        self.assertEqual(self.notes()["c1"], "which?")

    def test_the_same_answers_once_more_change_nothing(self):
        self.import_ambiguous()
        listed = self.rows()
        listed[0]["answer"] = listed[0]["candidates"].split(",")[0]
        path = self.write_rows("answered.csv", listed)
        first = self.resubmit(path)
        stored = self.sink("*")
        self.assertEqual(self.counts(self.resubmit(path)), self.counts(first))
        self.assertEqual(self.sink("*"), stored)

    def test_never_once_more_is_never(self):
        self.import_ambiguous()
        listed = self.rows()
        listed[0]["answer"] = "never"
        path = self.write_rows("answered.csv", listed)
        for _ in range(2):
            self.assertEqual(self.counts(self.resubmit(path)), {"added": 1, "skipped": 1})

    def test_only_a_candidate_is_an_answer_in_the_file(self):
        self.import_ambiguous()
        stored = self.sink("*")
        listed = self.rows()
        listed[0]["answer"] = str(self.sink("id")[-1][0])
        done = self.sluice.run("resubmit", "last", self.write_rows("other.csv", listed))
        self.assertEqual(done.returncode, FAILED, done.stderr)
        self.assertIn("none of the candidates", done.stderr)
        self.assertEqual(self.sink("*"), stored)

    def test_no_answer_is_none(self):
        self.import_ambiguous()
        summary = self.resubmit(self.write_rows("same.csv", self.rows()), code=ATTENTION)
        self.assertEqual(self.counts(summary), {"added": 1, "review": 1})

    def test_what_is_no_answer_is_refused(self):
        self.import_ambiguous()
        self.assertIn("candidates", self.review("17", code=USAGE))
        done = self.sluice.run("review", "last", "--row", "3", "--answer", "new")
        self.assertEqual(done.returncode, USAGE, done.stderr)
        self.assertIn("row 3 is not in review", done.stderr)
        listed = self.rows()
        listed[0]["answer"] = "maybe"
        done = self.sluice.run("resubmit", "last", self.write_rows("maybe.csv", listed))
        self.assertEqual(done.returncode, FAILED, done.stderr)

    def test_an_answer_whose_row_is_gone_counts_for_nothing(self):
        path = self.import_ambiguous()
        self.review(self.candidates()[0], "--remember")
        connection = sqlite3.connect(self.sluice.data_dir / "sink.db")
        connection.execute("DELETE FROM customers WHERE external_id = 'c1'")
        connection.execute("INSERT INTO customers(id, name, email) "
                           "VALUES(7, '甲公司', 'a@example.com')")
        connection.commit()
        connection.close()
        again = self.write("again.csv", [["", "甲公司", "a@example.com", "", "which now?"]])
        code, summary = self.sluice.import_file(again)
        self.assertEqual((code, self.counts(summary)), (ATTENTION, {"review": 1}))
        self.assertEqual(len(self.candidates()), 2)

    def test_it_is_remembered_when_asked(self):
        path = self.import_ambiguous()
        chosen = self.candidates()[0]
        self.review(chosen, "--remember")
        # A further row of that customer, and a preview of it, need no answer.
        again = self.write("again.csv", [["", "甲公司", "a@example.com", "", "by itself"]])
        preview = json.loads(self.sluice.run("import", again, "--dry-run", "--json").stdout)
        code, summary = self.sluice.import_file(again)
        self.assertEqual((code, self.counts(summary)), (0, {"updated": 1}))
        self.assertEqual({outcome: preview[outcome] for outcome in OUTCOMES},
                         {outcome: summary[outcome] for outcome in OUTCOMES})
        self.assertEqual(self.notes()["c1"], "by itself")
        self.assertEqual(self.counts(self.sluice.import_file(path)[1]),
                         {"updated": 1, "unchanged": 1})
