"""`sluice pause`, `resume` and `cancel` in every state of an import, by hand and beside a `serve`:
the table of docs/services.md, each twice."""

import json
import subprocess

from e2e.program import Program
from e2e.serving import ServeTest

DONE, FAILED, CONFLICT = 0, 1, 6
# Enough to be caught in the middle.
ROWS = 500_000
OUTCOMES = ("added", "updated", "unchanged", "skipped", "rejected", "review")


class Lifecycle(ServeTest):
    def setUp(self):
        super().setUp()
        self.sluice = Program(self.folder / "data")

    def now(self):
        return json.loads(self.sluice.run("imports", "show", "last", "--json").stdout)["state"]

    def verb(self, name, state):
        """The verb is obeyed, also when it is said again."""
        for _ in range(2):
            done = self.sluice.run(name, "last", "--json")
            self.assertEqual(done.returncode, DONE, done.stderr)
            self.assertEqual(json.loads(done.stdout)["state"], state, name)
        self.assertEqual(self.now(), state)

    def refused(self, *names):
        state = self.now()
        for name in names:
            done = self.sluice.run(name, "last")
            self.assertEqual(done.returncode, CONFLICT, done.stderr)
            self.assertIn(f"an import that is {state} cannot be", done.stderr)
        self.assertEqual(self.now(), state)

    def write(self, rows):
        path = self.folder / "rows.csv"
        path.write_text("name,email\n" + "".join(
            f"Name {i},c{i}@example.com\n" for i in range(rows)), encoding="utf-8")
        return path

    def import_and_kill(self):
        """An import that was killed in the middle: nobody works on it."""
        path = self.write(ROWS)
        process = self.sluice.start("import", path, "--yes", "--json", stdout=subprocess.DEVNULL,
                                    stderr=subprocess.DEVNULL)
        self.addCleanup(process.kill)
        self.wait_for("rows are read", lambda: any(e["rows"] for e in self.sluice.imports()))
        process.kill()
        process.wait()
        self.assertEqual(self.now(), "running")
        return path

    def test_an_import_that_was_killed(self):
        path = self.import_and_kill()
        self.verb("resume", "running")
        self.verb("pause", "paused")
        self.verb("resume", "running")
        self.verb("pause", "paused")
        # The same command goes on with it.
        code, summary = self.sluice.import_file(path)
        self.assertEqual((code, summary["state"], summary["rows"]), (DONE, "completed", ROWS))
        self.assertEqual(len(self.sluice.imports()), 1)
        self.refused("pause", "resume", "cancel")

    def test_a_paused_import_is_cancelled_and_accounted_for(self):
        path = self.import_and_kill()
        self.verb("pause", "paused")
        self.verb("cancel", "cancelled")
        self.refused("pause", "resume")
        summary = self.sluice.imports()[0]
        self.assertEqual(sum(summary[outcome] for outcome in OUTCOMES), summary["rows"])
        self.assertLess(summary["rows"], ROWS)
        # What it has brought stays, and the file can be imported anew.
        code, again = self.sluice.import_file(path)
        self.assertEqual((code, again["unchanged"]), (DONE, summary["added"]))

    def test_a_running_import_is_cancelled_at_once(self):
        self.import_and_kill()
        self.verb("cancel", "cancelled")

    def test_what_is_rolled_back_can_be_neither(self):
        self.sluice.import_file(self.write(10))
        only = self.folder / "rows.txt"
        only.write_text("2\n", encoding="utf-8")
        for arguments, state in ((("--rows", only), "partly_rolled_back"), ((), "rolled_back")):
            done = self.sluice.run("rollback", "last", *arguments)
            self.assertEqual(done.returncode, DONE, done.stderr)
            self.assertEqual(self.now(), state)
            self.refused("pause", "resume", "cancel")

    def test_people_are_told_the_state_in_their_language(self):
        self.import_and_kill()
        self.sluice.environment["LC_ALL"] = "zh_CN.UTF-8"
        self.assertIn("：已暂停", self.sluice.run("pause", "last").stdout)
        self.sluice.environment["LC_ALL"] = "C.UTF-8"
        self.assertIn(" is cancelled", self.sluice.run("cancel", "last").stdout)

    def test_an_import_that_is_not_there(self):
        done = self.sluice.run("pause", "nothing")
        self.assertEqual(done.returncode, FAILED, done.stderr)
        self.assertIn("nothing", done.stderr)


class Served(Lifecycle):
    """The same by a running `serve`."""

    def setUp(self):
        super().setUp()
        self.sluice = Program(self.folder / "data", SLUICE_HTTP__PORT="0", SLUICE_GRPC__PORT="0")
        self.serve(self.sluice)

    def import_and_kill(self):
        """An import that runs; nobody waits for it."""
        path = self.write(ROWS)
        process = self.sluice.start("import", path, "--yes", "--json", stdout=subprocess.DEVNULL,
                                    stderr=subprocess.DEVNULL)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        self.wait_for("rows are read", lambda: any(e["rows"] for e in self.sluice.imports()))
        return path

    def test_an_import_that_was_killed(self):
        self.import_and_kill()
        self.verb("resume", "running")
        self.verb("pause", "paused")
        self.verb("resume", "running")
        self.verb("cancel", "cancelled")

    def test_a_paused_import_is_cancelled_and_accounted_for(self):
        self.import_and_kill()
        self.verb("pause", "paused")
        self.verb("cancel", "cancelled")
        self.refused("pause", "resume")
        summary = self.sluice.imports()[0]
        self.assertEqual(sum(summary[outcome] for outcome in OUTCOMES), summary["rows"])
