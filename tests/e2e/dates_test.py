"""Dates whose year comes last: one order for a whole column, told or seen, never guessed."""

import json
import unittest

from e2e.program import ImportTest, Program

USAGE, REVIEW = 2, 3
DATASET = """name: visits
label: {zh: 拜访, en: Visits}
identity: [[name]]
fields:
  - {name: name, type: text, label: {zh: 名称, en: Name}, required: true}
  - {name: day, type: date, label: {zh: 拜访日期, en: Visit date}}
  - {name: at, type: datetime, label: {zh: 时间, en: Time}}
"""


class Dates(ImportTest):
    def setUp(self):
        super().setUp()
        self.program = Program(self.folder / "data")
        (self.folder / "data/datasets").mkdir(parents=True)
        (self.folder / "data/datasets/visits.yaml").write_text(DATASET, encoding="utf-8")

    def file(self, *days):
        path = self.folder / "visits.csv"
        path.write_text("Name,Visit date\n" + "".join(f"N{i},{day}\n" for i, day in
                                                     enumerate(days)), encoding="utf-8")
        return path

    def mapping(self, more=""):
        path = self.folder / "m.yaml"
        path.write_text("dataset: visits\ncolumns:\n  - {from: Name, to: name}\n"
                        f"  - {{from: Visit date, to: day{more}}}\n", encoding="utf-8")
        return path

    def days(self, path, *arguments):
        """Stored days and what stands beside them, in the order of the file; sets the summary."""
        program = Program(self.folder / "data")
        sink = self.folder / f"sink-{len(list(self.folder.glob('sink-*.db')))}.db"
        code, self.summary = program.import_file(path, "--dataset", "visits", "--new",
                                                 "--sink", f"sqlite:{sink}", *arguments)
        self.assertEqual(code, 0)
        done = program.run("records", "visits", "--sink", f"sqlite:{sink}")
        rows = sorted((json.loads(line) for line in done.stdout.splitlines()),
                      key=lambda row: int(row["name"][1:]))
        return [row["day"] or (row["custom"] or {}).get("_unfit", {}).get("day") for row in rows]

    def inspect(self, path, *arguments, **settings):
        program = Program(self.folder / "data", **settings)
        done = program.run("inspect", path, "--dataset", "visits", *arguments)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def test_an_order_that_is_told_holds_for_the_column(self):
        path = self.file("03/04/2025", "2025-04-05", "5.6.2025", "13/04/2025", "04/13/2025")
        for order, expected, wrong in (
                ("dmy", ["2025-04-03", "2025-04-05", "2025-06-05", "2025-04-13", None], 1),
                ("mdy", ["2025-03-04", "2025-04-05", "2025-05-06", None, "2025-04-13"], 1),
                ("ymd", [None, "2025-04-05", None, None, None], 4)):
            with self.subTest(order=order):
                self.assertEqual(self.days(path, "--mapping", self.mapping(f", dates: {order}")),
                                 expected)
                self.assertEqual(self.summary["issue_counts"], {"wrong_date_order": wrong})

    def test_one_value_that_tells_decides_for_the_column(self):
        path = self.file("03/04/2025", "04/04/2025", "25/12/2024", "2025-01-02")
        expected = ["2025-04-03", "2025-04-04", "2024-12-25", "2025-01-02"]
        self.assertEqual(self.days(path), expected)
        self.assertEqual(self.summary["issue_counts"], {})
        self.assertEqual(self.days(path, "--mapping", self.mapping()), expected)
        column = json.loads(self.inspect(path, "--json"))["columns"][1]
        self.assertEqual(column["field"], "day")
        self.assertIn("day first (dmy), by 1 values", " ".join(column["evidence"]))
        self.assertIn("日期按日在前（dmy）读取", self.inspect(path, LC_ALL="zh_CN.UTF-8"))
        suggested = self.folder / "suggested.yaml"
        self.inspect(path, "--mapping-file", suggested)
        self.assertIn("dates: dmy", suggested.read_text(encoding="utf-8"))
        self.assertEqual(self.days(path, "--mapping", suggested), expected)

    def test_nothing_is_guessed_without_evidence(self):
        path = self.file("03/04/2025", "05/05/2025", "2025-01-02", "06/07/2025")
        # By itself nothing is lost; a mapping decides what becomes of them.
        self.assertEqual(self.days(path), ["03/04/2025", "2025-05-05", "2025-01-02", "06/07/2025"])
        self.assertEqual(self.summary["issue_counts"], {"ambiguous_date": 2})
        self.assertEqual(self.days(path, "--mapping", self.mapping()),
                         [None, "2025-05-05", "2025-01-02", None])
        page = self.inspect(path)
        self.assertIn("2 dates could have the day first or the month", page)
        self.assertIn("dates: dmy", page)
        suggested = self.folder / "suggested.yaml"
        self.inspect(path, "--mapping-file", suggested)
        self.assertEqual(self.days(path, "--mapping", suggested)[0], "03/04/2025")
        shown = self.program.run("import", path, "--dataset", "visits", "--dry-run")
        self.assertIn("'dates' in the mapping", shown.stdout)

    def test_evidence_that_contradicts_itself_decides_nothing(self):
        path = self.file("13/04/2025", "04/13/2025", "03/04/2025")
        self.assertEqual(self.days(path), ["2025-04-13", "2025-04-13", "03/04/2025"])
        self.assertEqual(self.summary["issue_counts"], {"ambiguous_date": 1})
        self.assertIn("contradict each other: 1 have the day first, 1 the month, 1",
                      self.inspect(path))

    def test_a_later_row_that_contradicts_the_column_is_told(self):
        days = ["25/12/2024"] + ["03/04/2025"] * 500 + ["12/25/2024"]
        path = self.file(*days)
        stored = self.days(path, "--mapping", self.mapping(", on_unfit: keep"))
        self.assertEqual((stored[0], set(stored[1:501]), stored[501]),
                         ("2024-12-25", {"2025-04-03"}, "12/25/2024"))
        self.assertEqual(self.summary["issue_counts"], {"wrong_date_order": 1})
        rows = self.program.run("rows", "last", "--with-issues", "--format", "jsonl").stdout
        found = [json.loads(line) for line in rows.splitlines()]
        self.assertEqual([row["row"] for row in found], [503])

    def test_dates_says_nothing_of_another_field(self):
        path = self.file("03/04/2025")
        mapping = self.mapping()
        mapping.write_text(mapping.read_text(encoding="utf-8").replace(
            "to: name}", "to: name, dates: dmy}"), encoding="utf-8")
        done = self.program.run("import", path, "--yes", "--mapping", mapping)
        self.assertEqual(done.returncode, USAGE)
        self.assertIn("name is no field of type date", done.stderr)


if __name__ == "__main__":
    unittest.main()
