"""Rows come again, mended: the counts move, nothing is done twice, and whoever is killed meanwhile
changes nothing."""

import json
import os
import random
import sqlite3
import subprocess
import time

from e2e.program import Program
from e2e.resubmitting import ATTENTION, CONFLICT, FAILED, HEADER, OUTCOMES, ResubmitTest
from e2e.serving import ServeTest
from testing import workbook_writer

KILLS = int(os.environ.get("TEST_SLUICE_KILLS", "6"))
SEQUENCES = int(os.environ.get("TEST_SLUICE_SEQUENCES", "8"))
ROWS = int(os.environ.get("TEST_SLUICE_ROWS", "4000"))


class Mended(ResubmitTest):
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
        listed = self.named_rows()
        path = self.write_rows("mended.csv", listed + listed[:1])
        first = self.resubmit(path)
        stored = self.sink("*")
        second = self.resubmit(path)
        self.assertEqual(self.counts(first), {"added": 4})
        self.assertEqual(self.counts(second), {"added": 4})
        self.assertEqual(self.sink("*"), stored)

    def test_sent_twice_a_duplicate_stays_one(self):
        """Its other row stands in the sink by then, where it would be met as another's."""
        self.sluice.import_file(self.write("rows.csv", [["c5", "", "a@example.com", "", "one"],
                                                        ["c5", "", "a@example.com", "", "two"]]))
        listed = self.rows()
        for row in listed:
            row["name"] = "丙公司"
        path = self.write_rows("mended.csv", listed)
        for _ in range(2):
            self.assertEqual(self.counts(self.resubmit(path)), {"added": 1, "skipped": 1})
            self.assertEqual([row[4] for row in self.sink()], ["one"])

    def test_rows_that_come_back_as_they_were_change_nothing(self):
        """Whatever somebody has written into the sink since."""
        path = self.write("rows.csv", [
            ["c1", "甲公司", "no mail", "13800138001", "one"],
            ["c1", "甲公司", "", "13800138001", "other"], ["c2", "", "", "13800138002", "two"]])
        code, summary = self.sluice.import_file(path)
        self.assertEqual((code, self.counts(summary)),
                         (ATTENTION, {"added": 1, "skipped": 1, "rejected": 1}))
        connection = sqlite3.connect(self.sluice.data_dir / "sink.db")
        connection.execute("UPDATE customers SET name = 'by hand'")
        connection.commit()
        connection.close()
        stored = self.sink("*")
        csv_file = self.write_rows("same.csv", self.rows("--with-issues"))
        lines = self.folder / "same.jsonl"
        lines.write_text(self.sluice.run("rows", "last", "--with-issues").stdout, encoding="utf-8")
        workbook = self.folder / "same.xlsx"
        done = self.sluice.run("rows", "last", "--with-issues", "--format", "xlsx", "--output",
                               workbook)
        self.assertEqual(done.returncode, 0, done.stderr)
        for same in (csv_file, lines, workbook):
            again = self.resubmit(same, code=ATTENTION)
            self.assertEqual((self.counts(again), again.get("rounds")),
                             (self.counts(summary), None), same)
            self.assertEqual(self.sink("*"), stored, same)
        told = self.sluice.run("resubmit", "last", csv_file).stderr
        self.assertIn("no row of the file was mended", told)

    def test_what_another_row_has_filled_is_not_filled_again(self):
        path = self.write("rows.csv", [["c1", "甲公司", "", "13800138001", "one"],
                                       ["c1", "乙公司", "", "", "two"]])
        _, summary = self.sluice.import_file(path, "--on-duplicate", "fill")
        self.assertEqual(self.counts(summary), {"added": 1, "skipped": 1})
        listed = self.rows()
        for note in ("three", "four"):
            listed[0]["note"] = note
            summary = self.resubmit(self.write_rows("mended.csv", listed))
            self.assertEqual(self.counts(summary), {"added": 1, "unchanged": 1})
            self.assertEqual([(row[1], row[4]) for row in self.sink()], [("甲公司", "one")])

    def test_cells_beyond_the_header_stay(self):
        for form in ("csv", "jsonl"):
            with self.subTest(form=form):
                self.sluice = Program(self.folder / f"data-{form}")
                self.sluice.import_file(self.write("rows.csv", [
                    ["c1", "", "", "13800138001", "note", "more", "", "still more"]]))
                mended = self.folder / f"mended.{form}"
                done = self.sluice.run("rows", "last", "--format", form)
                text = done.stdout.replace("c1,,", "c1,甲公司,").replace('"c1",""', '"c1","甲公司"')
                mended.write_text(text, encoding="utf-8")
                self.assertEqual(self.counts(self.resubmit(mended)), {"added": 1})
                stored = self.sink("name, note, custom")[0]
                self.assertEqual(stored[:2], ("甲公司", "note"))
                self.assertEqual(json.loads(stored[2]),
                                 {"column_6": "more", "column_8": "still more"})

    def test_a_dropped_value_is_mended_in_the_row_that_was_imported(self):
        self.import_with_faults()
        listed = [row for row in self.rows("--with-issues") if row["row"] == "4"]
        self.assertEqual(listed[0]["outcome"], "")
        listed[0]["email"] = "c@example.com"
        summary = self.resubmit(self.write_rows("mended.csv", listed), code=ATTENTION)
        self.assertEqual(self.counts(summary), {"added": 2, "rejected": 2})
        self.assertEqual([row[2] for row in self.sink() if row[0] == "c3"], ["c@example.com"])
        self.assertNotIn("4", [row["row"] for row in self.rows("--with-issues")])

    def test_what_did_not_fit_goes_when_it_is_mended(self):
        self.sluice.import_file(self.write("before.csv", [
            ["c1", "甲公司", "a@example.com", "13800138001", "one"]]))
        self.sluice.import_file(self.write("rows.csv", [
            ["c1", "甲公司", "no mail", "13800138001", "two"],
            ["c2", "乙公司", "none either", "12", "two"]]))
        listed = self.rows("--with-issues")
        listed[0]["email"] = "b@example.com"
        listed[1]["phone"] = "13800138002"
        self.resubmit(self.write_rows("mended.csv", listed))
        stored = {row[0]: row[1:] for row in self.sink("external_id, email, phone, custom")}
        self.assertEqual(stored["c1"], ("b@example.com", "+8613800138001", None))
        self.assertEqual(stored["c2"][:2], (None, "+8613800138002"))
        self.assertEqual(json.loads(stored["c2"][2]), {"_unfit": {"email": "none either"}})

    def test_a_key_that_another_has_is_named(self):
        self.import_with_faults()
        self.sluice.import_file(self.write("more.csv", [
            ["c8", "八公司", "no mail", "13800138008", ""], ["c9", "九公司", "", "", ""]]))
        listed = [row for row in self.rows("--with-issues") if row["row"] == "2"]
        listed[0]["external_id"] = "c9"
        self.resubmit(self.write_rows("mended.csv", listed))
        said = [row for row in self.rows("--with-issues") if row["row"] == "2"]
        self.assertIn("key_taken (external_id)", said[0]["issues"])

    def test_the_import_tells_what_was_sent_again(self):
        self.import_with_faults()
        listed = self.named_rows()
        path = self.write_rows("mended.csv", listed)
        self.resubmit(path)
        shown = self.sluice.run("imports", "show", "last").stdout
        self.assertRegex(shown, rf"sent again 2 rows, \d{{4}}-\S+, {path}\n")

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
        listed = self.named_rows()
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
        self.import_with_faults()
        listed = self.named_rows()
        summary = self.resubmit(self.write_rows("mended.csv", listed))
        self.assertEqual(self.counts(summary), {"added": 4})
        self.import_ambiguous()
        done = self.sluice.run("review", "last", "--row", "2", "--answer", "never", "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.counts(json.loads(done.stdout)), {"added": 1, "skipped": 1})
        self.assertEqual(server.stop(), 0)
