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
        self.assertGreater(redo["seconds"], 0)
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

    def test_a_redo_of_rows_that_shared_a_key_from_the_start(self):
        self.imported(self.write("first.csv", self.customers(range(0, 3), "one")))
        second = self.write("second.csv", self.customers(range(2, 5), "two"))
        _, created = self.sluice.import_file(second, "--on-duplicate", "create")
        self.assertEqual(created["added"], 3)
        after = dump(self.sink)
        self.rolled_back("last")
        redo = json.loads(self.sluice.run("redo", created["import"], "--json").stdout)
        self.assertEqual((redo["added"], redo["skipped"]), (3, 0))
        self.assertEqual(dump(self.sink), after)

    def test_a_redo_that_is_asked_for_again_is_the_same(self):
        """As when the first was killed before it could say that it was done."""
        first = self.write("first.csv", self.customers(range(0, 60), "one"))
        second = self.write("second.csv", self.customers(range(30, 90), "two"))
        self.imported(first)
        before = dump(self.sink)
        target = self.imported(second)["import"]
        after = dump(self.sink)
        self.rolled_back(target)
        redo = json.loads(self.sluice.run("redo", target, "--json").stdout)
        again = json.loads(self.sluice.run("redo", target, "--json").stdout)
        self.assertEqual(redo, again)
        self.assertEqual(dump(self.sink), after)
        self.assertEqual(self.rolled_back(redo["import"])["state"], "rolled_back")
        self.assertEqual(dump(self.sink), before)
        # It does not stand any more.
        another = json.loads(self.sluice.run("redo", target, "--json").stdout)
        self.assertNotEqual(another["import"], redo["import"])
        self.assertEqual((another["added"], another["updated"]), (30, 30))
        self.assertEqual(dump(self.sink), after)

    def test_what_is_past_the_window_is_not_rolled_back(self):
        old = self.imported(self.write("1.csv", self.customers(range(60), "old")))["import"]
        undone = self.imported(self.write("2.csv", self.customers(range(5, 70), "two")))["import"]
        self.rolled_back(undone)
        young = self.imported(self.write("3.csv", self.customers(range(30, 90), "young")))["import"]
        # Before the youngest there were 60 rows of the oldest.
        control = sqlite3.connect(self.sluice.data_dir / "control.db")
        with control:
            control.execute("UPDATE imports SET ended_at = '2020-02-03T04:05:06.000Z' "
                            "WHERE id IN (?, ?)", (old, undone))
            # It is looked for once an hour.
            control.execute("DELETE FROM meta WHERE key = 'journal_window'")
        control.close()
        # The setting is what counts.
        for_good = Program(self.sluice.data_dir, SLUICE_ROLLBACK__WINDOW_DAYS="0")
        self.assertEqual(for_good.run("rollback", old, "--dry-run").returncode, 0)
        for verb in (("rollback", old), ("rollback", old, "--dry-run"), ("rollback", undone),
                     ("redo", undone)):
            refused = self.sluice.run(*verb)
            self.assertEqual(refused.returncode, 6, refused.stderr)
            self.assertIn("ended on 2020-02-03T04:05:06.000Z", refused.stderr)
            self.assertIn("since 20", refused.stderr)
            self.assertIn("rollback.window_days", refused.stderr)
        # Given up once is for good; and what works next in the sink takes it away.
        self.assertEqual(for_good.run("rollback", old).returncode, 6)
        self.imported(self.write("4.csv", self.customers(range(200, 210), "new")))
        self.assertEqual(self.journal_of([1, 2]), [0, 0, 0])
        self.assertGreater(min(self.journal_of([3])[:2]), 0)
        shown = json.loads(self.sluice.run("imports", "show", undone, "--json").stdout)
        self.assertEqual(shown["state"], "rolled_back")
        # A younger one goes back to what was there before it.
        result = self.rolled_back(young)
        self.assertEqual((result["state"], result["rollback"]["removed"],
                          result["rollback"]["restored"]), ("rolled_back", 30, 30))
        rows = dump(self.sink)
        self.assertEqual(len(rows), 60 + 10)
        self.assertEqual({row[-2].split()[0] for row in rows[:60]}, {"old"})

    def journal_of(self, sequences):
        """What is kept of these imports: entries, blocks of first entries, undone chunks."""
        connection = sqlite3.connect(self.sink)
        kept = [0, 0, 0]
        for sequence in sequences:
            for i, sql in enumerate((
                    "SELECT count(*) FROM sluice_journal_customers WHERE import_sequence = ?",
                    "SELECT count(*) FROM sluice_created_customers WHERE id >> 32 = ?",
                    "SELECT count(*) FROM sluice_undo WHERE import_sequence = ?")):
                kept[i] += connection.execute(sql, (sequence,)).fetchone()[0]
        connection.close()
        return kept

    def test_interrupted_it_goes_on_with_the_same_command(self):
        self.imported(self.write("first.csv", self.customers(range(30000), "one")))
        # Nothing is written before the signal.
        holds = sqlite3.connect(self.sink, isolation_level=None)
        holds.execute("BEGIN IMMEDIATE")
        process = self.sluice.start("rollback", "last", "--json", stdout=subprocess.PIPE,
                                    stderr=subprocess.PIPE)
        self.addCleanup(process.kill)
        self.wait_for_state(8)
        process.send_signal(signal.SIGINT)
        holds.execute("ROLLBACK")
        holds.close()
        _, err = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 130, err)
        self.assertIn("run the same command again", err.decode())
        self.assertEqual(self.rolled_back("last")["rollback"]["removed"], 30000)
        self.assertEqual(dump(self.sink), [])

    def wait_for_state(self, state):
        """Until control's database says that the last import is in it."""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            control = sqlite3.connect(self.sluice.data_dir / "control.db")
            now = control.execute("SELECT state FROM imports ORDER BY sequence DESC").fetchone()
            control.close()
            if now == (state,):
                return
        self.fail(f"the import is never in state {state}")

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
