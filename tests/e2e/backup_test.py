"""`sluice backup` and `sluice restore`: one moment of everything, whoever is killed, and refusals.

TEST_SLUICE_KILLS and TEST_SLUICE_ROWS set the size of the kill tests, TEST_SLUICE_SEED repeats a
run; the seed is printed.
"""

import contextlib
import hashlib
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import time
import unittest

from e2e.program import Program
from e2e.refusal import CONFLICT, FAILED, USAGE, RefusalTest
from e2e.serving import ServeTest
from oracle.model import Import, Sink

KILLS = int(os.environ.get("TEST_SLUICE_KILLS", "10"))
ROWS = int(os.environ.get("TEST_SLUICE_ROWS", "30000"))
SEED = int(os.environ.get("TEST_SLUICE_SEED", "0")) or random.SystemRandom().randrange(1, 1 << 32)


class BackupTest(RefusalTest, ServeTest):
    def setUp(self):
        super().setUp()
        self.program = self.make("data")
        self.target = self.folder / "backups"

    def make(self, name):
        return Program(self.folder / name, SLUICE_HTTP__PORT="0", SLUICE_GRPC__PORT="0",
                       SLUICE_LOG__FORMAT="json")

    def sow(self, name, **options):
        return ServeTest.sow(self, name, **options)

    def backup(self, *arguments, program=None):
        done = (program or self.program).run("backup", self.target, "--json", *arguments)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def restore(self, name, *arguments):
        """A program on a new data directory with what was backed up."""
        program = self.make(name)
        done = program.run("restore", self.target, *arguments)
        self.assertEqual(done.returncode, 0, done.stderr)
        return program

    def start_big(self, program, name, seed, rows):
        """An import through a running serve, while its rows are read: rows and id."""
        path, sown = self.sow(name, rows=rows, seed=seed)
        before = {entry["import"] for entry in program.imports()}
        process = program.start("import", path, "--yes", "--json", stdout=subprocess.DEVNULL,
                                stderr=subprocess.DEVNULL)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        started = self.wait_for("rows are loaded", lambda: [
            entry["import"] for entry in program.imports()
            if entry["added"] and entry["import"] not in before])
        return sown, started[0], process

    def expect_ends_as(self, program, import_id, rows, sink):
        """A serve on it goes on with the import, to the oracle's end."""
        server = self.serve(program)
        self.wait_for("the import has ended", lambda: self.state(program, import_id) in (
            "completed", "failed"), seconds=300)
        self.assertEqual(server.stop(), 0)
        expected = Import(sink).run(rows)
        shown = [entry for entry in program.imports() if entry["import"] == import_id]
        self.expect_summary(shown[0], expected)
        self.expect_records(program.records(), sink.records())


class Backups(BackupTest):
    def test_of_a_running_serve_is_one_moment_and_the_restored_node_catches_up(self):
        server = self.serve(self.program)
        rows, import_id, watching = self.start_big(self.program, "big.csv", 81, 200_000)
        made = [self.backup()]
        while self.state(self.program, import_id) == "running" and len(made) < 4:
            made.append(self.backup())
        self.assertEqual(made[0]["running_imports"], 1, "it was made too late")
        self.assertEqual([sink["taken"] for sink in made[0]["sinks"]], [True])
        watching.wait(timeout=300)
        self.assertEqual(server.stop(), 0)
        whole = Sink()
        self.expect_summary(self.program.imports()[0], Import(whole).run(rows))
        self.expect_records(self.program.records(), whole.records())
        for number, backup in enumerate(made):
            with self.subTest(backup=number):
                restored = self.restore(f"restored-{number}", "--backup", backup["id"])
                shown = restored.imports()[0]
                self.assertEqual(shown["import"], import_id)
                self.expect_ends_as(restored, import_id, rows, Sink())
                # It is as good as the first: another import, and the same again.
                self.import_again(restored)

    def import_again(self, program):
        path = self.folder / "one.csv"
        path.write_text("客户名称\n另一家公司\n", encoding="utf-8")
        self.assertEqual(program.import_file(path)[1]["added"], 1)
        self.assertEqual(program.import_file(path)[1]["unchanged"], 1)

    def test_a_second_backup_copies_what_has_changed(self):
        path, rows = self.sow("a.csv", rows=40_000, seed=82)
        self.program.import_file(path)
        first = self.backup()
        self.assertEqual(first["new_bytes"], first["bytes"])
        again = self.backup()
        self.assertLess(again["new_bytes"], first["bytes"] / 100)
        small, more = self.sow("b.csv", rows=50, seed=83, first_customer=900_000)
        self.program.import_file(small)
        third = self.backup()
        self.assertGreater(third["new_bytes"], again["new_bytes"])
        self.assertLess(third["new_bytes"], first["bytes"] / 2)
        # Each is whole by itself, and none needs another that is removed.
        sink = Sink()
        Import(sink).run(rows)
        restored = self.restore("first", "--backup", first["id"])
        self.expect_records(restored.records(), sink.records())
        self.assertEqual(self.backup("--keep", "1")["removed"], 3)
        listed = self.program.run("restore", self.target, "--list", "--json")
        self.assertEqual(len(json.loads(listed.stdout)), 1)
        Import(sink).run(more)
        self.expect_records(self.restore("last").records(), sink.records())
        self.assertEqual(self.program.run("restore", self.target, "--check").returncode, 0)

    def test_other_sinks_are_taken_too_and_go_to_their_places(self):
        other = self.folder / "elsewhere" / "crm.db"
        other.parent.mkdir()
        path, rows = self.sow("a.csv", rows=500, seed=84)
        self.program.import_file(path, "--sink", f"sqlite:{other}")
        self.program.import_file(path)
        self.assertEqual([sink["taken"] for sink in self.backup()["sinks"]], [True, True])
        fresh = self.make("restored")
        done = fresh.run("restore", self.target)
        self.expect_refused(done, CONFLICT, str(other), "move it away")
        self.assertEqual(fresh.imports(), [])
        away = self.folder / "away"
        away.mkdir()
        for file in other.parent.iterdir():
            file.rename(away / file.name)
        restored = self.restore("restored")
        sink = Sink()
        Import(sink).run(rows)
        stored = restored.run("records", "customers", "--sink", f"sqlite:{other}")
        self.assertEqual(len(stored.stdout.splitlines()), len(sink.records()))
        code, summary = restored.import_file(path, "--sink", f"sqlite:{other}")
        self.assertEqual(summary["added"], 0, (code, summary))

    def test_a_sink_that_is_gone_is_told_and_the_rest_is_taken(self):
        other = self.folder / "crm.db"
        path, _ = self.sow("a.csv", rows=50, seed=84)
        self.program.import_file(path, "--sink", f"sqlite:{other}")
        for file in self.folder.glob("crm.db*"):
            file.unlink()
        done = self.program.run("backup", self.target)
        self.assertEqual(done.returncode, 0)
        self.assertIn("crm.db", done.stderr)
        self.assertEqual(len(self.restore("restored").imports()), 1)

    def test_an_import_makes_one_first_and_names_it(self):
        path, rows = self.sow("a.csv", rows=1000, seed=85)
        other, more = self.sow("b.csv", rows=1000, seed=86, first_customer=5000)
        self.program.import_file(path)
        _, summary = self.program.import_file(other, "--backup")
        self.assertEqual(summary["backup"]["directory"], f"{self.program.data_dir}.backup")
        self.target = summary["backup"]["directory"]
        sink = Sink()
        Import(sink).run(rows)
        restored = self.restore("before", "--backup", summary["backup"]["id"])
        self.expect_records(restored.records(), sink.records())
        Import(sink).run(more)
        # Through a running serve, into another directory, in words.
        self.serve(self.program)
        done = self.program.run("import", other, "--yes", f"--backup={self.folder}/third")
        self.assertIn(done.returncode, (0, 3), done.stderr)
        self.assertRegex(done.stdout, f"Backup made before: [0-9a-z]{{26}} in {self.folder}/third")
        self.target = self.folder / "third"
        self.expect_records(self.restore("third-restored").records(), sink.records())
        done = self.program.run("import", other, "--yes", "--dry-run", "--backup")
        self.assertEqual(done.returncode, USAGE)

    def test_what_is_refused(self):
        empty = self.program.run("backup", self.target)
        self.expect_refused(empty, FAILED, "nothing", str(self.program.data_dir))
        self.assertFalse(self.program.data_dir.exists())
        path, _ = self.sow("a.csv", rows=50, seed=87)
        self.program.import_file(path)
        none = self.make("new").run("restore", self.target)
        self.expect_refused(none, FAILED, "holds no backups")
        self.assertFalse((self.folder / "new").exists())
        self.backup()
        full = self.program.run("restore", self.target)
        self.expect_refused(full, CONFLICT, "not empty", "--data-dir")
        for inside in (self.program.data_dir / "b", self.program.data_dir, self.folder):
            done = self.program.run("backup", inside)
            self.assertIn(done.returncode, (USAGE, CONFLICT), done.stderr)
        letters = self.folder / "letters"
        letters.mkdir()
        (letters / "letter").write_text("dear")
        self.expect_refused(self.program.run("backup", letters), CONFLICT, "another directory")
        self.assertEqual([file.name for file in letters.iterdir()], ["letter"])
        missing = self.make("new").run("restore", self.target, "--backup", "0nothing")
        self.expect_refused(missing, FAILED, "0nothing")
        over_kafka = Program(self.folder / "k", SLUICE_KAFKA__BROKERS="localhost:1")
        self.expect_refused(over_kafka.run("backup", self.target), USAGE, "docs/backup.md")
        server = self.serve(self.program)
        done = self.program.run("backup", self.target, "--server", server.grpc)
        self.expect_refused(done, USAGE, "backup.dir")
        done = self.program.run("backup", "--server", server.grpc, "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(json.loads(done.stdout)["directory"], f"{self.program.data_dir}.backup")

    def test_damage_anywhere_is_refused_before_anything_is_there(self):
        path, rows = self.sow("a.csv", rows=2000, seed=88)
        self.program.import_file(path)
        made = self.backup()
        manifest = self.target / "manifests" / f"{made['id']}.manifest"
        listed = json.loads(manifest.read_text().split("\n", 1)[1])
        parts = {file["path"]: self.target / "parts" / file["parts"][-1]["sha256"][:2] /
                 file["parts"][-1]["sha256"] for file in listed["files"] if file.get("parts")}
        self.assertIn("sink.db", parts)
        for file in [manifest, *parts.values()]:
            whole = file.read_bytes()
            for damaged in (whole[:-1], whole[:-1] + bytes([whole[-1] ^ 1]), None):
                if damaged is None:
                    file.unlink()
                else:
                    file.write_bytes(damaged)
                fresh = self.make("fresh")
                done = fresh.run("restore", self.target)
                self.assertEqual(done.returncode, FAILED, f"{file}: {done.stderr}")
                self.assertNotEqual(
                    self.program.run("restore", self.target, "--check").returncode, 0)
                self.assertEqual([f.name for f in fresh.data_dir.glob("*")
                                  if f.name != "LOCK"], [], file)
                file.write_bytes(whole)
        sink = Sink()
        Import(sink).run(rows)
        self.expect_records(self.restore("fresh").records(), sink.records())

    def test_values_stay_out_of_manifests(self):
        path = self.folder / "a.csv"
        path.write_text("客户名称,备注\n甲乙丙丁公司,秘密\n", encoding="utf-8")
        self.program.import_file(path)
        made = self.backup()
        text = (self.target / "manifests" / f"{made['id']}.manifest").read_text(encoding="utf-8")
        self.assertNotIn("甲乙丙丁公司", text)
        self.assertEqual(self.target.stat().st_mode & 0o777, 0o700)
        for file in self.target.rglob("*"):
            if file.is_file():
                self.assertEqual(file.stat().st_mode & 0o077, 0, file)


class DoesNotFit(BackupTest):
    """Parts of different times: refused at the start, and nothing is written."""

    def older_and_newer(self):
        """A data directory, and a copy of it from before an import that did not end."""
        path, _ = self.sow("a.csv", rows=3000, seed=91)
        self.program.import_file(path)
        older = self.folder / "older"
        shutil.copytree(self.program.data_dir, older)
        big, _ = self.sow("big.csv", rows=120_000, seed=92, first_customer=100_000)
        self.kill_while_loading(big)
        return older, big

    def kill_while_loading(self, path):
        """Some rows of the file are in the sink, others are not."""
        before = len(self.program.imports())
        for _ in range(10):
            process = self.program.start("import", path, "--yes", stdout=subprocess.DEVNULL,
                                         stderr=subprocess.DEVNULL)
            loaded = False
            while process.poll() is None and not loaded:
                loaded = any(entry["added"] for entry in self.program.imports()[before:])
            process.kill()
            process.wait()
            if loaded and self.program.imports()[-1]["state"] == "running":
                return
            before = len(self.program.imports())
        self.fail("no import could be killed while it was loaded")

    def put_back(self, older, *names):
        for name in names:
            for file in self.program.data_dir.glob(f"{name}*"):
                shutil.rmtree(file) if file.is_dir() else file.unlink()
            for file in older.glob(f"{name}*"):
                copy = shutil.copytree if file.is_dir() else shutil.copy2
                copy(file, self.program.data_dir / file.name)

    def expect_stopped(self, *words):
        """serve ends with a message; sinks and control are as they were."""
        before = self.digests()
        done = self.program.run("serve")
        self.expect_refused(done, CONFLICT, *words)
        self.assertEqual(self.digests(), before)

    def digests(self):
        return {name: self.digest(self.program.data_dir / name)
                for name in ("sink.db", "control.db")}

    @staticmethod
    def digest(path):
        """Of everything in a database, however it is laid out."""
        with contextlib.closing(sqlite3.connect(path)) as database:
            return hashlib.sha256("\n".join(database.iterdump()).encode()).hexdigest()

    def test_an_older_log(self):
        older, big = self.older_and_newer()
        self.put_back(older, "log")
        self.expect_stopped("restore both from one backup")
        done = self.program.run("import", big, "--yes")
        self.expect_refused(done, CONFLICT, "restore both from one backup")

    def test_an_older_log_and_control_database(self):
        """What a restore beside a sink that has lived on comes to."""
        older, big = self.older_and_newer()
        self.put_back(older, "log", "control.db")
        done = self.program.run("import", big, "--yes")
        self.expect_refused(done, CONFLICT, "restore both from one backup")

    def test_an_older_log_that_has_all_records_but_not_what_became_of_them(self):
        path, _ = self.sow("big.csv", rows=120_000, seed=93)
        # Records wait in the log when the first are loaded.
        self.program.environment["SLUICE_LEAD__ROWS_MIN"] = "100000"
        self.kill_while_loading(path)
        # Its sink has lived on: it was told that its results are safe, and they are in another log.
        with contextlib.closing(sqlite3.connect(self.program.data_dir / "sink.db")) as sink:
            sink.execute("DELETE FROM sluice_pending")
            sink.execute("UPDATE sluice_fence SET next_offset = next_offset + 1 WHERE next_offset ="
                         " (SELECT max(next_offset) FROM sluice_fence)")
            sink.commit()
        self.expect_stopped("older than the sink", "restore both from one backup")

    def test_an_older_log_under_a_control_database_that_has_begun_an_import(self):
        path, _ = self.sow("a.csv", rows=300, seed=94)
        self.program.import_file(path)
        older = self.folder / "older"
        shutil.copytree(self.program.data_dir, older)
        server = self.serve(self.program)
        big, _ = self.sow("big.csv", rows=150_000, seed=95)
        watching = self.program.start("import", big, "--yes", stdout=subprocess.DEVNULL,
                                      stderr=subprocess.DEVNULL)
        self.wait_for("it has begun", lambda: len(self.program.imports()) == 2)
        self.program.run("pause", "last")
        server.process.send_signal(signal.SIGKILL)
        server.process.wait()
        watching.kill()
        watching.wait()
        self.put_back(older, "log", "sink.db")
        self.expect_stopped("restore both from one backup")

    def test_an_older_sink(self):
        path, _ = self.sow("a.csv", rows=3000, seed=91)
        self.program.import_file(path)
        older = self.folder / "older"
        shutil.copytree(self.program.data_dir, older)
        # On all partitions, and long trimmed.
        self.program.environment["SLUICE_ORDERING__IMPORT_MAX"] = "1"
        big, _ = self.sow("big.csv", rows=120_000, seed=92, first_customer=100_000)
        self.program.import_file(big)
        self.put_back(older, "sink.db")
        before = self.digests()
        done = self.program.run("import", path, "--yes")
        self.expect_refused(done, CONFLICT, "sink.db")
        self.assertRegex(done.stderr, "Restore both from one backup|Put the old file back")
        self.assertEqual(self.digests(), before)


class Kills(BackupTest):
    """kill -9 at random moments: what is there afterwards is whole, and the next run ends it."""

    def setUp(self):
        super().setUp()
        self.rng = random.Random(SEED)
        print(f"seed {SEED}, {ROWS} rows, {KILLS} kills", flush=True)

    def killed_after(self, process, delay):
        """Whether it was killed; else it had ended."""
        try:
            process.wait(timeout=delay)
            return False
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            return True

    def timed(self, action):
        begin = time.monotonic()
        result = action()
        return result, time.monotonic() - begin

    def test_of_a_backup_that_opens_the_directory_itself(self):
        path, rows = self.sow("a.csv", rows=ROWS, seed=96)
        self.program.import_file(path)
        _, seconds = self.timed(self.backup)
        sink = Sink()
        Import(sink).run(rows)
        killed = 0
        for number in range(20 * KILLS):
            if killed >= KILLS:
                break
            if number % 2:
                # All of it is to be written again.
                shutil.rmtree(self.target)
                self.backup()
                shutil.rmtree(self.target / "parts")
                self.assertFalse((self.target / "parts").exists())
            delay = self.rng.uniform(0, seconds)
            with self.subTest(seed=SEED, delay=delay):
                process = self.program.start("backup", self.target, stdout=subprocess.DEVNULL,
                                             stderr=subprocess.DEVNULL)
                killed += self.killed_after(process, delay)
                # The data is as it was, and the next backup is a whole one.
                self.backup("--keep", "2")
                shutil.rmtree(self.folder / "restored", ignore_errors=True)
                restored = self.restore("restored")
                self.assertEqual(restored.imports(), self.program.imports())
                if killed % 5 == 0:
                    self.expect_records(restored.records(), sink.records())
        print(f"{killed} kills of a backup within {seconds:.2f} s", flush=True)
        self.assertGreaterEqual(killed, KILLS)
        self.expect_records(self.program.records(), sink.records())

    def test_of_a_serve_that_makes_one_while_it_imports(self):
        path, rows = self.sow("a.csv", rows=ROWS, seed=97)
        expected = Sink()
        summary = Import(expected).run(rows)
        for number in range(max(1, KILLS // 5)):
            program = self.make(f"data-{number}")
            target = self.folder / f"backups-{number}"
            server = self.serve(program)
            importing = program.start("import", path, "--yes", stdout=subprocess.DEVNULL,
                                      stderr=subprocess.DEVNULL)
            self.wait_for("it has begun", program.imports)
            first = program.run("backup", target, "--json")
            self.assertEqual(first.returncode, 0, first.stderr)
            process = program.start("backup", target, stdout=subprocess.DEVNULL,
                                    stderr=subprocess.DEVNULL)
            delay = self.rng.uniform(0, 0.6)
            with self.subTest(seed=SEED, delay=delay):
                time.sleep(delay)
                server.process.send_signal(signal.SIGKILL)
                server.process.wait()
                importing.kill()
                importing.wait()
                process.wait(timeout=60)
                # What was made before, or now, is whole; and so is the data that was taken.
                self.target = target
                for restored in (self.restore(f"restored-{number}"), program):
                    self.expect_ends_as(restored, restored.imports()[0]["import"], rows, Sink())
        self.assertTrue(summary.rows)

    def test_of_a_restore(self):
        other = self.folder / "other" / "crm.db"
        other.parent.mkdir()
        path, rows = self.sow("a.csv", rows=ROWS, seed=98)
        small, more = self.sow("b.csv", rows=500, seed=99)
        self.program.import_file(path)
        self.program.import_file(small, "--sink", f"sqlite:{other}")
        self.backup()
        shutil.rmtree(other.parent)
        sink, elsewhere = Sink(), Sink()
        Import(sink).run(rows)
        Import(elsewhere).run(more)
        _, seconds = self.timed(lambda: self.restore("timed"))
        shutil.rmtree(other.parent)
        killed = cuts = 0
        while killed < KILLS:
            shutil.rmtree(self.folder / "restored", ignore_errors=True)
            shutil.rmtree(other.parent, ignore_errors=True)
            restored = self.make("restored")
            delays = []
            while killed < KILLS and len(delays) < 4:
                delays.append(self.rng.uniform(0, seconds))
                process = restored.start("restore", self.target, stdout=subprocess.DEVNULL,
                                         stderr=subprocess.DEVNULL)
                if not self.killed_after(process, delays[-1]):
                    break
                killed += 1
                cuts += self.expect_nothing_or_all(restored)
                if not (restored.data_dir / ".restoring").exists() and restored.imports():
                    break
            with self.subTest(seed=SEED, delays=delays):
                if not restored.imports():
                    self.restore("restored")
                self.assertEqual(restored.imports(), self.program.imports())
                self.expect_records(restored.records(), sink.records())
                stored = restored.run("records", "customers", "--sink", f"sqlite:{other}")
                self.assertEqual(len(stored.stdout.splitlines()), len(elsewhere.records()))
                self.assertEqual(list(self.folder.rglob("*.restoring")), [])
        print(f"{killed} kills of a restore within {seconds:.2f} s, {cuts} in the middle",
              flush=True)

    def expect_nothing_or_all(self, program):
        """After a cut: refused, empty, or whole. Whether it was cut in the middle."""
        if not (program.data_dir / ".restoring").exists():
            return False
        small = self.folder / "b.csv"
        self.expect_refused(program.run("import", small, "--yes"), CONFLICT, "restore")
        self.expect_refused(program.run("serve"), CONFLICT, "restore")
        return True


if __name__ == "__main__":
    unittest.main()
