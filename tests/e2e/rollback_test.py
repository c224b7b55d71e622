"""What an import did is taken back and done again, as a person would: by the command line, by the
process itself and by `serve`; killed at any moment; whatever others changed in between."""

import csv
import json
import os
import random
import signal
import sqlite3
import subprocess
import time
import unittest

from e2e.program import ImportTest, Program

KILLS = int(os.environ.get("TEST_SLUICE_KILLS", "8"))
ROWS = int(os.environ.get("TEST_SLUICE_ROWS", "20000"))
HEADERS = ["external_id", "name", "email", "phone", "note"]


def dump(path):
    """The customers, canonically."""
    connection = sqlite3.connect(path)
    try:
        return connection.execute("SELECT * FROM customers ORDER BY id").fetchall()
    finally:
        connection.close()


class Rollback(ImportTest):
    def setUp(self):
        super().setUp()
        self.sluice = Program(self.folder / "data")

    def imported(self, path):
        code, summary = self.sluice.import_file(path)
        self.assertEqual(code, 0, summary)
        return summary

    def write(self, name, rows):
        path = self.folder / name
        with open(path, "w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(HEADERS)
            writer.writerows(rows)
        return path

    def customers(self, ids, note):
        return [[f"c{i}", f"Name {i}", f"c{i}@example.com", f"138{i:08d}", f"{note} {i % 7}"]
                for i in ids]

    @property
    def sink(self):
        return self.sluice.data_dir / "sink.db"

    def edit(self, sql):
        connection = sqlite3.connect(self.sink)
        with connection:
            connection.execute(sql)
        connection.close()

    def rolled_back(self, *options, code=0):
        done = self.sluice.run("rollback", *options, "--json")
        self.assertEqual(done.returncode, code, done.stderr)
        return json.loads(done.stdout)

    def test_undo_undo_of_the_undo_and_the_same_import_again(self):
        first = self.write("first.csv", self.customers(range(0, 60), "one"))
        second = self.write("second.csv", self.customers(range(30, 90), "two"))
        self.imported(first)
        before = dump(self.sink)
        imported = self.imported(second)
        self.assertEqual((imported["added"], imported["updated"]), (30, 30))
        after = dump(self.sink)
        preview = self.rolled_back("last", "--dry-run")
        self.assertEqual(dump(self.sink), after)
        result = self.rolled_back("last")
        self.assertEqual(preview["rollback"], result["rollback"])
        self.assertEqual(result["state"], "rolled_back")
        self.assertEqual((result["rollback"]["removed"], result["rollback"]["restored"]), (30, 30))
        self.assertEqual(dump(self.sink), before)
        # Again is harmless.
        self.assertEqual(self.rolled_back("last")["rollback"], result["rollback"])
        redo = json.loads(self.sluice.run("redo", "last", "--json").stdout)
        self.assertEqual((redo["state"], redo["added"], redo["updated"]), ("completed", 30, 30))
        self.assertEqual(redo["redo_of"], result["import"])
        self.assertEqual(dump(self.sink), after)
        self.assertEqual(self.rolled_back("last")["state"], "rolled_back")
        self.assertEqual(dump(self.sink), before)
        again = self.imported(second)
        self.assertEqual((again["added"], again["updated"]), (30, 30))
        without_ids = [row[1:] for row in dump(self.sink)]
        self.assertEqual(without_ids, [row[1:] for row in after])

    def test_any_order_of_undo_ends_in_the_same_rows(self):
        ends = []
        for order in ([0, 1, 2], [2, 1, 0], [1, 2, 0]):
            self.sluice = Program(self.folder / "".join(map(str, order)))
            ids = []
            for number in range(3):
                path = self.write(f"{number}.csv", self.customers(
                    range(number * 10, number * 10 + 40), f"import{number}"))
                ids.append(self.imported(path)["import"])
            for number in order:
                self.sluice.run("rollback", ids[number], "--json")
            ends.append(dump(self.sink))
        self.assertEqual(ends[0], [])
        self.assertEqual(ends[1], [])
        self.assertEqual(ends[2], [])

    def test_what_others_changed_stays_and_is_named(self):
        path = self.write("first.csv", self.customers(range(5), "one"))
        self.imported(path)
        self.edit("UPDATE customers SET note = 'by hand' WHERE external_id = 'c1'")
        self.edit("DELETE FROM customers WHERE external_id = 'c2'")
        preview = self.rolled_back("last", "--dry-run")
        result = self.rolled_back("last", code=3)
        self.assertEqual(preview["rollback"], result["rollback"])
        self.assertEqual(preview["conflicts"], result["conflicts"])
        self.assertEqual(result["state"], "partly_rolled_back")
        self.assertEqual((result["rollback"]["removed"], result["rollback"]["kept"],
                          result["rollback"]["gone"]), (3, 1, 1))
        self.assertEqual(result["conflicts"], [
            {"row": 3, "code": "changed_since", "field": "note", "before": None,
             "written": "one 1", "now": "by hand"}])
        self.assertEqual([row[1] for row in dump(self.sink)], ["c1"])
        text = self.sluice.run("rollback", "last").stdout
        self.assertIn("row 3, note", text)

    def test_some_rows_or_outcomes_only(self):
        first = self.write("first.csv", self.customers(range(0, 10), "one"))
        second = self.write("second.csv", self.customers(range(5, 15), "two"))
        self.imported(first)
        before = dump(self.sink)
        self.imported(second)
        rows = self.folder / "rows.csv"
        rows.write_text("row\n2\n11\n", encoding="utf-8")
        result = self.rolled_back("last", "--rows", rows)
        self.assertEqual(result["state"], "partly_rolled_back")
        self.assertEqual((result["rollback"]["removed"], result["rollback"]["restored"]), (1, 1))
        result = self.rolled_back("last", "--outcome", "added")
        self.assertEqual((result["rollback"]["removed"], result["rollback"]["restored"]), (5, 1))
        result = self.rolled_back("last")
        self.assertEqual(result["state"], "rolled_back")
        self.assertEqual((result["rollback"]["removed"], result["rollback"]["restored"]), (5, 5))
        self.assertEqual(dump(self.sink), before)

    def test_what_cannot_be_is_refused(self):
        path = self.write("first.csv", self.customers(range(5), "one"))
        self.imported(path)
        self.assertEqual(self.sluice.run("redo", "last").returncode, 6)
        self.assertEqual(self.sluice.run("rollback", "01xx").returncode, 1)
        rows = self.folder / "rows.csv"
        rows.write_text("row\n2\nx\n", encoding="utf-8")
        self.assertEqual(self.sluice.run("rollback", "last", "--rows", rows).returncode, 2)
        self.assertEqual(self.sluice.run("rollback", "last", "--outcome", "both").returncode, 2)

    def test_killed_at_any_moment(self):
        """In rollbacks and redos, whoever opens the directory next: the end is the same."""
        rng = random.Random(20261123)
        first = self.write("first.csv", self.customers(range(0, ROWS), "one"))
        second = self.write("second.csv", self.customers(range(ROWS // 2, ROWS * 3 // 2), "two"))
        self.imported(first)
        before = dump(self.sink)
        target = self.imported(second)["import"]
        after = dump(self.sink)
        began = time.monotonic()
        self.rolled_back(target)
        usual = time.monotonic() - began
        self.assertEqual(dump(self.sink), before)
        redo = None
        for kill in range(KILLS):
            undo = kill % 2 == 1
            verb = ("rollback", redo) if undo else ("redo", target)
            while True:
                process = self.sluice.start(*verb, "--json", stdout=subprocess.PIPE,
                                            stderr=subprocess.PIPE)
                try:
                    out, err = process.communicate(timeout=rng.uniform(0.02, usual * 1.2))
                    break
                except subprocess.TimeoutExpired:
                    process.send_signal(signal.SIGKILL)
                    process.communicate()
                # As a whole again, at the latest by this one.
                if rng.random() < 0.5:
                    done = self.sluice.run(*verb, "--json")
                    out, err, process = done.stdout, done.stderr, done
                    break
            self.assertEqual(process.returncode, 0, err)
            if undo:
                self.assertEqual(dump(self.sink), before)
                target = redo
            else:
                redo = json.loads(out)["import"]
                self.assertEqual(dump(self.sink), after)


if __name__ == "__main__":
    unittest.main()
