"""What was lost, replaced, moved or changed between runs: told, and never made worse."""

import contextlib
import shutil
import signal
import sqlite3
import subprocess
import time
import unittest

from e2e.program import Program
from e2e.refusal import CONFLICT, RefusalTest
from oracle.model import Import, Sink


class LostData(RefusalTest):
    def killed_in_the_middle(self, path, *options):
        """Imports the file until the process is killed while its import has not ended."""
        for attempt in range(40):
            process = self.program.start("import", path, "--yes", *options,
                                         stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            try:
                process.wait(timeout=0.05 * (attempt + 1))
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
                process.wait()
            states = [entry["state"] for entry in self.program.imports()]
            if states and states[-1] != "completed":
                return
            if states:
                shutil.rmtree(self.program.data_dir)
        self.fail("no import could be stopped in the middle")

    def test_a_file_that_changed_before_its_import_ended(self):
        path, rows = self.sow(100_000)
        original = path.read_bytes()
        self.killed_in_the_middle(path)
        path.write_bytes(original + "另一家,,,,,\r\n".encode())
        done = self.program.run("import", path, "--yes")
        self.expect_refused(done, CONFLICT, "sown.csv", "--new")
        path.write_bytes(original)
        sink = Sink()
        expected = Import(sink).run(rows)
        code, summary = self.program.import_file(path, timeout=300)
        self.expect_exit(code, expected)
        self.expect_summary(summary, expected)
        self.expect_records(self.program.records(), sink.records())

    def test_two_processes_on_one_data_directory(self):
        path, rows = self.sow(100_000)
        other = self.write("other.csv", "客户名称\n甲\n")
        running = self.program.start("import", path, "--yes", "--json", stdout=subprocess.PIPE,
                                     stderr=subprocess.DEVNULL)
        lock = self.program.data_dir / "LOCK"
        deadline = time.monotonic() + 30
        while not lock.exists() and running.poll() is None and time.monotonic() < deadline:
            time.sleep(0.005)
        done = self.program.run("import", other, "--yes")
        output, _ = running.communicate(timeout=300)
        self.assertTrue(output)
        self.expect_refused(done, CONFLICT, str(self.program.data_dir))
        sink = Sink()
        Import(sink).run(rows)
        self.expect_records(self.program.records(), sink.records())

    def test_a_sink_that_was_removed_between_runs_is_not_fed_on(self):
        first = self.write("a.csv", "客户名称,备注\n甲,一\n")
        second = self.write("b.csv", "客户名称,备注\n乙,二\n")
        self.assertEqual(self.program.import_file(first)[0], 0)
        away = self.folder / "away"
        away.mkdir()
        for file in self.program.data_dir.glob("sink.db*"):
            file.rename(away / file.name)
        done = self.program.run("import", second, "--yes")
        self.expect_refused(done, CONFLICT, "--sink", "sink.db was removed",
                            "put the old file back", "--data-dir")
        self.assertEqual(len(self.program.imports()), 1, "refused before an import is made")
        self.assertFalse((self.program.data_dir / "sink.db").exists(), "none is made in its place")
        # What the message offers: another sink, another data directory, the old file.
        elsewhere = f"sqlite:{self.folder}/new.db"
        code, summary = self.program.import_file(first, "--sink", elsewhere)
        self.assertEqual((code, summary["added"]), (0, 1))
        code, summary = Program(self.folder / "other").import_file(first)
        self.assertEqual((code, summary["added"]), (0, 1))
        for file in away.iterdir():
            file.rename(self.program.data_dir / file.name)
        code, summary = self.program.import_file(second)
        self.assertEqual((code, summary["added"]), (0, 1))
        self.assertEqual(len(self.program.records()), 2)

    def test_a_sink_that_was_emptied_or_replaced_is_not_fed_on(self):
        first = self.write("a.csv", "客户名称,备注\n甲,一\n")
        second = self.write("b.csv", "客户名称,备注\n乙,二\n")
        self.assertEqual(self.program.import_file(first)[0], 0)
        sink = self.program.data_dir / "sink.db"
        with contextlib.closing(sqlite3.connect(sink)) as own:
            own.execute("DELETE FROM sluice_fence")
            own.commit()
        self.expect_refused(self.program.run("import", second, "--yes"), CONFLICT, "emptied")
        for file in self.program.data_dir.glob("sink.db*"):
            file.unlink()
        sqlite3.connect(sink).close()
        sink.touch()
        self.expect_refused(self.program.run("import", second, "--yes"), CONFLICT, "replaced")
        self.assertEqual(len(self.program.imports()), 1)

    def test_a_sink_that_is_removed_in_the_middle_stops_the_import(self):
        path, _ = self.sow(150_000)
        running = self.program.start("import", path, "--yes", stdout=subprocess.DEVNULL,
                                     stderr=subprocess.PIPE)
        deadline = time.monotonic() + 60
        while running.poll() is None and time.monotonic() < deadline:
            if any(entry["added"] for entry in self.program.imports()):
                break
        for file in self.program.data_dir.glob("sink.db*"):
            file.unlink()
        message = running.communicate(timeout=120)[1].decode()
        self.assertEqual(running.returncode, CONFLICT, message)
        self.assertIn("sink.db was removed or replaced while Sluice wrote to it", message)
        self.assertNotIn("Nothing is lost", message)
        # It does not begin anew in silence, and is in nobody's way but its own.
        done = self.program.run("import", path, "--yes")
        self.expect_refused(done, CONFLICT, "sink.db was removed", "put the old file back")
        other = self.write("other.csv", "公司\n甲\n")
        code, summary = self.program.import_file(other, "--sink", f"sqlite:{self.folder}/new.db")
        self.assertEqual((code, summary["added"]), (0, 1))

    def test_a_lost_sink_stops_only_its_own_imports(self):
        path, _ = self.sow(100_000)
        elsewhere = self.folder / "elsewhere"
        elsewhere.mkdir()
        self.killed_in_the_middle(path, "--sink", f"sqlite:{elsewhere}/sink.db")
        shutil.rmtree(elsewhere)
        other = self.write("other.csv", "公司\n甲\n")
        code, summary = self.program.import_file(other)
        self.assertEqual((code, summary["added"]), (0, 1))

    def test_a_lost_data_directory_is_told_from_its_sink(self):
        """The manual way that the message names: the files again, into a new sink."""
        path = self.write("a.csv", "公司\n甲\n")
        kept = f"sqlite:{self.folder}/kept.db"
        self.assertEqual(self.program.import_file(path, "--sink", kept)[0], 0)
        shutil.rmtree(self.program.data_dir)
        self.refuse(path, CONFLICT, "kept.db", "another data directory", "import the files again",
                    "--sink sqlite:", options=("--sink", kept))
        code, summary = self.program.import_file(path, "--sink", f"sqlite:{self.folder}/new.db")
        self.assertEqual((code, summary["added"]), (0, 1))


if __name__ == "__main__":
    unittest.main()
