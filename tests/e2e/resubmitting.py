"""Imports with rows that come again, for tests of `resubmit` and `review`."""

import csv
import io
import json
import sqlite3

from e2e.program import ImportTest, Program

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

    def named_rows(self):
        """Those that are held, each with the name it lacked."""
        return [{**row, "name": "公司 " + row["row"]} for row in self.rows()]

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

    def import_with_faults(self):
        path = self.write("rows.csv", [
            ["c1", "甲公司", "a@example.com", "13800138001", "one"],
            ["c2", "", "b@example.com", "13800138002", "two"],
            ["c3", "丙公司", "no mail", "13800138003", "three"],
            ["c4", "", "d@example.com", "13800138004", "four"]])
        code, summary = self.sluice.import_file(path)
        self.assertEqual((code, self.counts(summary)), (ATTENTION, {"added": 2, "rejected": 2}))
        return summary

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
