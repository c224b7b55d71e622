"""Rows come again, mended or with an answer: the counts move, nothing is done twice, and whoever is
killed meanwhile changes nothing."""

import csv
import io
import json
import os
import random
import sqlite3
import subprocess
import time

from e2e.program import ImportTest, Program
from e2e.serving import ServeTest
from testing import workbook_writer

KILLS = int(os.environ.get("TEST_SLUICE_KILLS", "6"))
SEQUENCES = int(os.environ.get("TEST_SLUICE_SEQUENCES", "8"))
ROWS = int(os.environ.get("TEST_SLUICE_ROWS", "4000"))
HEADER = ["external_id", "name", "email", "phone", "note"]
OUTCOMES = ("added", "updated", "unchanged", "skipped", "rejected", "review")
FAILED, USAGE, ATTENTION, CONFLICT = 1, 2, 3, 6


class ResubmitTest(ImportTest):
    def setUp(self):
        super().setUp()
        self.sluice = Program(self.folder / "data")

    def write(self, name, rows, header=None):
        path = self.folder / name
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([header or HEADER, *rows])
        return path

    def rows(self, *arguments):
        """What `sluice rows` lists, as dictionaries of the CSV."""
        done = self.sluice.run("rows", "last", "--format", "csv", *arguments)
        self.assertEqual(done.returncode, 0, done.stderr)
        return list(csv.DictReader(io.StringIO(done.stdout.lstrip("\ufeff"))))

    def write_rows(self, name, rows):
        path = self.folder / name
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
        return path

    def resubmit(self, path, *arguments, code=0):
        done = self.sluice.run("resubmit", "last", path, "--json", *arguments)
        self.assertEqual(done.returncode, code, done.stderr)
        summary = json.loads(done.stdout)
        self.assertEqual(sum(summary[outcome] for outcome in OUTCOMES), summary["rows"])
        return summary

    def counts(self, summary):
        return {outcome: summary[outcome] for outcome in OUTCOMES if summary[outcome]}

    def sink(self, columns="external_id, name, email, phone, note"):
        connection = sqlite3.connect(self.sluice.data_dir / "sink.db")
        try:
            return connection.execute(f"SELECT {columns} FROM customers ORDER BY id").fetchall()
        finally:
            connection.close()


class Mended(ResubmitTest):
    def import_with_faults(self):
        path = self.write("rows.csv", [
            ["c1", "甲公司", "a@example.com", "13800138001", "one"],
            ["c2", "", "b@example.com", "13800138002", "two"],
            ["c3", "丙公司", "no mail", "13800138003", "three"],
            ["c4", "", "d@example.com", "13800138004", "four"]])
        code, summary = self.sluice.import_file(path)
        self.assertEqual((code, self.counts(summary)), (ATTENTION, {"added": 2, "rejected": 2}))
        return summary

    def test_mended_rows_are_imported_and_the_counts_move(self):
        first = self.import_with_faults()
        listed = self.rows()
        self.assertEqual([row["row"] for row in listed], ["3", "5"])
        listed[0]["name"] = "乙公司"
        summary = self.resubmit(self.write_rows("mended.csv", listed), code=ATTENTION)
        self.assertEqual(summary["import"], first["import"])
        self.assertEqual(self.counts(summary), {"added": 3, "rejected": 1})
        self.assertEqual([row[1] for row in self.sink()], ["甲公司", "乙公司", "丙公司"])
        # Only what is still held is listed, as it was sent last.
        self.assertEqual([row["row"] for row in self.rows()], ["5"])
        listed[1]["name"] = "丁公司"
        summary = self.resubmit(self.write_rows("again.csv", listed))
        self.assertEqual(self.counts(summary), {"added": 4})
        self.assertEqual(summary["rounds"], 2)
        self.assertEqual(self.rows(), [])

    def test_sent_twice_is_applied_once(self):
        self.import_with_faults()
        listed = self.rows()
        for row in listed:
            row["name"] = "公司 " + row["row"]
        path = self.write_rows("mended.csv", listed + listed[:1])
        first = self.resubmit(path)
        stored = self.sink("*")
        second = self.resubmit(path)
        self.assertEqual(self.counts(first), {"added": 4})
        self.assertEqual(self.counts(second), {"added": 4})
        self.assertEqual(self.sink("*"), stored)

    def test_a_dropped_value_is_mended_in_the_row_that_was_imported(self):
        self.import_with_faults()
        listed = [row for row in self.rows("--with-issues") if row["row"] == "4"]
        self.assertEqual(listed[0]["outcome"], "")
        listed[0]["email"] = "c@example.com"
        summary = self.resubmit(self.write_rows("mended.csv", listed), code=ATTENTION)
        self.assertEqual(self.counts(summary), {"added": 2, "rejected": 2})
        self.assertEqual([row[2] for row in self.sink() if row[0] == "c3"], ["c@example.com"])
        self.assertNotIn("4", [row["row"] for row in self.rows("--with-issues")])

    def test_a_row_that_was_imported_and_is_refused_now_stays(self):
        self.import_with_faults()
        stored = self.sink("*")
        listed = [row for row in self.rows("--with-issues") if row["row"] == "4"]
        listed[0]["name"] = ""
        summary = self.resubmit(self.write_rows("mended.csv", listed), code=ATTENTION)
        self.assertEqual(self.counts(summary), {"added": 2, "rejected": 2})
        self.assertEqual(self.sink("*"), stored)
        said = [row for row in self.rows("--with-issues") if row["row"] == "4"]
        self.assertIn("required_missing (name)", said[0]["issues"])

    def test_a_row_that_has_updated_a_customer_is_mended_there(self):
        self.sluice.import_file(self.write("before.csv", [
            ["c1", "甲公司", "a@example.com", "13800138001", "before"],
            ["c2", "乙公司", "b@example.com", "13800138002", "before"]]))
        # By phone and name, because the address is none.
        path = self.write("rows.csv", [["", "甲公司", "no mail", "13800138001", "after"],
                                       ["", "乙公司", "b@example.com", "13800138002", "before"]])
        self.assertEqual(self.counts(self.sluice.import_file(path)[1]),
                         {"updated": 1, "unchanged": 1})
        listed = [row for row in self.rows("--with-issues") if row["row"] == "2"]
        listed[0]["email"] = "new@example.com"
        summary = self.resubmit(self.write_rows("mended.csv", listed))
        self.assertEqual(self.counts(summary), {"updated": 1, "unchanged": 1})
        self.assertEqual([row[2] for row in self.sink()], ["new@example.com", "b@example.com"])
        # And as one import it is taken back.
        done = self.sluice.run("rollback", "last", "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual([(row[2], row[4]) for row in self.sink()],
                         [("a@example.com", "before"), ("b@example.com", "before")])

    def test_a_mended_row_that_is_a_customer_of_the_same_file_updates_it(self):
        path = self.write("rows.csv", [["c1", "甲公司", "a@example.com", "", "one"],
                                       ["c1", "", "a@example.com", "", "two"],
                                       ["c1", "", "a@example.com", "", "three"]])
        self.sluice.import_file(path)
        listed = self.rows()
        for row in listed:
            row["name"] = "甲公司"
        summary = self.resubmit(self.write_rows("mended.csv", listed))
        # Among themselves they are duplicates, of which the first stands.
        self.assertEqual(self.counts(summary), {"added": 1, "updated": 1, "skipped": 1})
        self.assertEqual([row[4] for row in self.sink()], ["two"])

    def test_a_row_that_came_again_is_mended_once_more_where_it_is(self):
        path = self.write("rows.csv", [["c1", "甲公司", "a@example.com", "", "one"],
                                       ["c1", "甲公司", "a@example.com", "", "two"]])
        self.sluice.import_file(path)
        listed = self.rows()
        for note in ("three", "four"):
            listed[0]["note"] = note
            summary = self.resubmit(self.write_rows("mended.csv", listed))
            self.assertEqual(self.counts(summary), {"added": 1, "updated": 1})
            self.assertEqual([row[4] for row in self.sink()], [note])

    def test_with_last_the_row_that_stands_is_mended(self):
        (self.folder / "last.yaml").write_text("dataset: customers\nin_file: last\n")
        path = self.write("rows.csv", [["", "甲公司", "a@example.com", "13800138001", "one"],
                                       ["", "甲公司", "a@example.com", "13800138001", "two"]])
        self.sluice.import_file(path, "--mapping", self.folder / "last.yaml")
        both = [{**dict.fromkeys(self.rows()[0], ""), "row": str(number), "name": name,
                 "email": email, "phone": phone, "note": "mended"}
                for number, name, email, phone in (
                    (2, "乙公司", "b@example.com", "13800138002"),
                    (3, "甲公司", "a@example.com", "13800138001"))]
        summary = self.resubmit(self.write_rows("both.csv", both))
        self.assertEqual(self.counts(summary), {"added": 2})
        both[0]["email"] = "bb@example.com"
        summary = self.resubmit(self.write_rows("again.csv", both[:1]))
        self.assertEqual(self.counts(summary), {"added": 2})
        self.assertEqual(sorted((row[1], row[2]) for row in self.sink()),
                         [("乙公司", "bb@example.com"), ("甲公司", "a@example.com")])

    def test_two_mended_rows_for_a_customer_of_the_same_file_add_nobody(self):
        path = self.write("rows.csv", [["c1", "甲公司", "a@example.com", "", ""],
                                       ["", "", "x@example.com", "", ""],
                                       ["", "", "y@example.com", "", ""]])
        self.sluice.import_file(path)
        listed = self.rows()
        for row, note in zip(listed, ("", "hello")):
            row.update(external_id="c1", name="甲公司", email="a@example.com", note=note)
        summary = self.resubmit(self.write_rows("mended.csv", listed))
        self.assertEqual(self.counts(summary), {"added": 1, "updated": 1, "skipped": 1})

    def test_an_unchanged_row_with_other_keys_makes_no_second_customer(self):
        rows = [["c1", "甲公司", "", "138 0013 8001", "one"]]
        self.sluice.import_file(self.write("first.csv", rows))
        self.sluice.import_file(self.write("again.csv", rows + [["", "", "", "", "x"]]))
        listed = [row for row in self.rows("--with-issues") if row["row"] == "2"]
        listed[0].update(external_id="c7", phone="13900139000")
        summary = self.resubmit(self.write_rows("mended.csv", listed), code=ATTENTION)
        self.assertEqual(self.counts(summary), {"unchanged": 1, "rejected": 1})
        self.assertEqual(len(self.sink()), 1)

    def test_rollback_takes_all_rounds_back(self):
        self.import_with_faults()
        listed = self.rows()
        for row in listed:
            row["name"] = "公司 " + row["row"]
        path = self.write_rows("mended.csv", listed)
        self.resubmit(path)
        done = self.sluice.run("rollback", "last", "--json")
        self.assertEqual(json.loads(done.stdout)["rollback"]["removed"], 4)
        self.assertEqual(self.sink(), [])
        refused = self.sluice.run("resubmit", "last", path)
        self.assertEqual(refused.returncode, CONFLICT, refused.stderr)
        self.assertIn("rolled_back", refused.stderr)

    def test_a_workbook_comes_back(self):
        self.import_with_faults()
        path = self.folder / "rows.xlsx"
        done = self.sluice.run("rows", "last", "--format", "xlsx", "--output", path)
        self.assertEqual(done.returncode, 0, done.stderr)
        cells = [json.loads(line) for line in self.sluice.run("cells", path).stdout.splitlines()]
        sheet = cells[0]["sheet"]
        table = {}
        for cell in cells:
            if cell["sheet"] == sheet:
                table.setdefault(cell["row"], {})[cell["col"]] = cell["text"]
        header = table.pop(0)
        name = next(column for column, text in header.items() if text == "name")
        for row in table.values():
            row[name] = "公司"
        width = max(header) + 1
        mended = [[row.get(column, "") for column in range(width)]
                  for row in [header, *table.values()]]
        workbook_writer.write_text(self.folder / "mended.xlsx", mended)
        summary = self.resubmit(self.folder / "mended.xlsx")
        self.assertEqual(self.counts(summary), {"added": 4})

    def test_json_lines_come_back(self):
        self.import_with_faults()
        lines = self.sluice.run("rows", "last").stdout.splitlines()
        rows = [json.loads(line) for line in lines]
        for row in rows:
            row["cells"][1] = "公司 " + str(row["row"])
        path = self.folder / "mended.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        self.assertEqual(self.counts(self.resubmit(path)), {"added": 4})
        rows[0]["cells"] = "none"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        done = self.sluice.run("resubmit", "last", path)
        self.assertEqual(done.returncode, FAILED, done.stderr)
        self.assertIn("array", done.stderr)

    def test_what_is_not_one_of_the_rows_is_refused(self):
        self.import_with_faults()
        listed = self.rows()
        stored = self.sink("*")
        cases = {
            "with which the csv begins": self.write_rows("guard.csv", [
                {"row": row["row"], "name": "x", "email": "", "phone": "", "note": ""}
                for row in listed]),
            "no column says which row": self.write("plain.csv", [["c2", "乙", "", "", ""]]),
            "which row of the import": self.write_rows("blank.csv", [{**listed[0], "row": ""}]),
            "no row 99": self.write_rows("far.csv", [{**listed[0], "row": "99"}]),
            "not alike": self.write_rows("twice.csv", [listed[0], {**listed[0], "name": "x"}]),
            "column name": self.write_rows("less.csv", [
                {key: value for key, value in listed[0].items() if key != "name"}]),
            "no rows": self.write_rows("head.csv", listed[:1]),
        }
        cases["no rows"].write_text(
            cases["no rows"].read_text("utf-8").splitlines()[0] + "\n", encoding="utf-8")
        for words, path in cases.items():
            with self.subTest(words):
                done = self.sluice.run("resubmit", "last", path)
                self.assertEqual(done.returncode, FAILED, done.stderr)
                self.assertIn(words, done.stderr)
                self.assertIn(path.name, done.stderr)
        missing = self.sluice.run("resubmit", "last", self.folder / "none.csv")
        self.assertEqual(missing.returncode, FAILED, missing.stderr)
        nothing = self.sluice.run("resubmit", "01xx", cases["not alike"])
        self.assertEqual(nothing.returncode, FAILED, nothing.stderr)
        self.assertEqual(self.sink("*"), stored)
        self.assertEqual(self.counts(self.sluice.imports()[-1]), {"added": 2, "rejected": 2})


class Reviewed(ResubmitTest):
    def import_ambiguous(self):
        """Two customers share an address; a third row may be either."""
        self.sluice.import_file(self.write("two.csv", [
            ["c1", "甲公司", "a@example.com", "13800138001", "first"],
            ["c2", "甲公司", "a@example.com", "13800138002", "second"]]))
        path = self.write("one.csv", [["", "甲公司", "a@example.com", "", "which?"],
                                      ["c9", "九公司", "i@example.com", "", "plain"]])
        code, summary = self.sluice.import_file(path)
        self.assertEqual((code, self.counts(summary)), (ATTENTION, {"added": 1, "review": 1}))
        return path

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


class AtRandom(ResubmitTest):
    """Whatever is sent again: no count is below nothing, and rows were added that are there."""

    def row(self, rng):
        customer = rng.randrange(4)
        pick = lambda *values: rng.choice(values)
        return [pick("", f"c{customer}"), pick("", f"公司{customer}", f"公司{customer}"),
                pick("", "no mail", f"c{customer}@example.com", f"c{customer}@example.com"),
                pick("", f"138 0013 800{customer}"), pick("", "one", "two")]

    def test_any_rows_any_number_of_times(self):
        for seed in range(SEQUENCES):
            rng = random.Random(seed)
            with self.subTest(seed=seed):
                self.sluice = Program(self.folder / f"data{seed}")
                self.sequence(rng)

    def sequence(self, rng):
        self.sluice.import_file(self.write("first.csv", [self.row(rng) for _ in range(3)]))
        before = len(self.sink())
        in_file = rng.choice(("merge", "first", "last"))
        _, summary = self.sluice.import_file(
            self.write("rows.csv", [self.row(rng) for _ in range(7)]), "--in-file", in_file,
            "--on-duplicate", rng.choice(("update", "fill", "skip")))
        for _ in range(3):
            listed = [row for row in self.rows("--with-issues") if rng.random() < 0.7]
            if not listed:
                return
            for row in listed:
                if rng.random() < 0.7:
                    mended = dict(zip(HEADER, self.row(rng)))
                    field = rng.choice(HEADER)
                    row[field] = mended[field]
            rng.shuffle(listed)
            done = self.sluice.run("resubmit", "last", self.write_rows("again.csv", listed),
                                   "--json")
            self.assertIn(done.returncode, (0, ATTENTION), done.stderr)
            summary = json.loads(done.stdout)
            counts = [summary[outcome] for outcome in OUTCOMES]
            self.assertEqual(sum(counts), summary["rows"])
            self.assertGreaterEqual(min(counts), 0, summary)
            self.assertEqual(len(self.sink()), before + summary["added"], summary)


class Killed(ResubmitTest):
    def test_killed_at_any_moment(self):
        """Whoever opens the directory next: the end is that of a run that nobody disturbs."""
        rng = random.Random(20261130)
        path = self.write("rows.csv", [
            [f"c{i}", "" if i % 2 else f"Name {i}", f"c{i}@example.com", f"138{i:08d}", "note"]
            for i in range(ROWS)])
        self.sluice.import_file(path)
        listed = self.rows()
        self.assertEqual(len(listed), ROWS // 2)

        def mended(name, program):
            """Half of what is held, mended."""
            self.sluice = program
            rows = self.rows("--outcome", "rejected")[: max(1, ROWS // 2 // (KILLS + 1))]
            for row in rows:
                row["name"] = "Name " + row["row"]
            return self.write_rows(name, rows)

        for kill in range(KILLS):
            sent = mended(f"mended{kill}.csv", self.sluice)
            before = self.sluice.imports()[-1]
            usual = 0.3
            while True:
                process = self.sluice.start("resubmit", "last", sent, "--json",
                                            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
                began = time.monotonic()
                try:
                    out, err = process.communicate(timeout=rng.uniform(0.01, usual))
                    break
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.communicate()
                usual = max(usual, (time.monotonic() - began) * 1.5)
            summary = json.loads(out)
            self.assertIn(process.returncode, (0, ATTENTION), err)
            taken = len(sent.read_text(encoding="utf-8").splitlines()) - 1
            self.assertEqual(summary["added"], before["added"] + taken)
            self.assertEqual(summary["rejected"], before["rejected"] - taken)
        names = [row[1] for row in self.sink()]
        self.assertEqual(len(names), len(set(names)))
        self.assertEqual(len(names), summary["added"])


class Served(ServeTest, ResubmitTest):
    """A running `serve` does it, and the verbs are the same."""

    def setUp(self):
        super().setUp()
        self.sluice = Program(self.folder / "data", SLUICE_HTTP__PORT="0", SLUICE_GRPC__PORT="0")

    def test_mended_and_answered(self):
        server = self.serve(self.sluice)
        Mended.import_with_faults(self)
        listed = self.rows()
        for row in listed:
            row["name"] = "公司 " + row["row"]
        summary = self.resubmit(self.write_rows("mended.csv", listed))
        self.assertEqual(self.counts(summary), {"added": 4})
        Reviewed.import_ambiguous(self)
        done = self.sluice.run("review", "last", "--row", "2", "--answer", "never", "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.counts(json.loads(done.stdout)), {"added": 1, "skipped": 1})
        self.assertEqual(server.stop(), 0)
