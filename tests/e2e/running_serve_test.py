"""Verbs where a `sluice serve` holds the data directory: they go through it, and say and do the
same as where nobody does."""

import json
import os
import signal
import subprocess
import threading
import unittest

from e2e.program import Program
from e2e.push_client import PushClient
from e2e.serving import ServeTest
from oracle.model import Import, Sink

DONE, FAILED, USAGE, UNREACHABLE, CONFLICT = 0, 1, 2, 4, 6


def without_time(shown):
    """What an import is, but for how long it took."""
    return {key: value for key, value in shown.items() if key != "seconds"}


class RunningServe(ServeTest):
    def setUp(self):
        super().setUp()
        self.program = self.make("data")

    def make(self, name):
        return Program(self.folder / name, SLUICE_HTTP__PORT="0", SLUICE_GRPC__PORT="0",
                       SLUICE_LOG__FORMAT="json")

    def show(self, import_id, program=None):
        done = (program or self.program).run("imports", "show", import_id, "--json")
        self.assertEqual(done.returncode, DONE, done.stderr)
        return json.loads(done.stdout)

    def look(self, import_id):
        """What every verb that only looks says."""
        shown = [without_time(self.show(import_id)), without_time(self.show("last")),
                 [without_time(entry) for entry in self.program.imports()]]
        for verb in (("imports", "watch", import_id), ("imports", "show", "nosuch"),
                     ("rows", import_id, "--with-issues"), ("rows", import_id, "--format", "csv")):
            done = self.program.run(*verb)
            text = "\n".join(line for line in done.stdout.splitlines()
                             if not line.startswith("seconds"))
            shown.append((verb, done.returncode, text, done.stderr))
        return shown

    def test_an_import_goes_through_and_all_verbs_say_the_same_as_without(self):
        path, rows = self.sow("sown.csv", rows=20_000, seed=71)
        server = self.serve(self.program)
        sink = Sink()
        first = self.import_and_compare(self.program, sink, path, rows)
        # Again changes nothing, and is another import.
        second = self.import_and_compare(self.program, sink, path, rows)
        self.assertNotEqual(first["import"], second["import"])
        through = self.look(first["import"])
        self.assertEqual(server.stop(), 0)
        self.assertEqual(self.look(first["import"]), through)
        # Words for people too.
        plain = self.program.run("import", path, "--yes")
        server = self.serve(self.program)
        same = self.program.run("import", path, "--yes")
        self.assertEqual(same.returncode, plain.returncode)
        self.assertEqual([line.split()[0] for line in same.stdout.splitlines()],
                         [line.split()[0] for line in plain.stdout.splitlines()])
        self.assertNotIn("--server", same.stdout)

    def test_what_is_refused_is_refused_the_same(self):
        empty = self.folder / "empty.csv"
        empty.write_text("")
        good = self.folder / "good.csv"
        good.write_text("客户名称\n甲\n", encoding="utf-8")
        mapping = self.folder / "mapping.yaml"
        mapping.write_text("dataset: customers\ncolumns:\n  - {from: 公司, to: nothing}\n",
                           encoding="utf-8")
        folder = self.folder / "folder"
        folder.mkdir()
        wrong = ((self.folder / "missing.csv",), (empty,), (folder,), (good, "--mapping", mapping),
                 (good, "--dataset", "nothing"), (good, "--sink", "nothing"),
                 (good, "--sink", f"sqlite:{folder}"), ("kafka:topic",))
        other = self.make("other")
        self.serve(self.program)
        for arguments in wrong:
            with self.subTest(arguments=[str(argument) for argument in arguments]):
                asked = self.program.run("import", *arguments, "--yes", "--json")
                alone = other.run("import", *arguments, "--yes", "--json")
                self.assertNotEqual(alone.returncode, 0)
                self.assertEqual((asked.returncode, asked.stdout), (alone.returncode, alone.stdout),
                                 asked.stderr + alone.stderr)
                self.assertEqual(asked.stderr.replace("/data/", "/other/"), alone.stderr)

    def test_two_imports_at_once(self):
        files = [self.sow(f"sown-{seed}.csv", rows=30_000, seed=seed) for seed in (72, 73)]
        self.serve(self.program)
        results = {}

        def run(number, path):
            results[number] = self.program.import_file(path, timeout=self.import_seconds)
        threads = [threading.Thread(target=run, args=(number, path))
                   for number, (path, _) in enumerate(files)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for number, (path, rows) in enumerate(files):
            code, summary = results[number]
            self.assertIn(code, (0, 3))
            outcomes = ("added", "updated", "unchanged", "skipped", "rejected", "review")
            self.assertEqual(summary["state"], "completed")
            self.assertEqual(sum(summary[outcome] for outcome in outcomes), summary["rows"])
            self.assertEqual(summary["rows"], Import(Sink()).run(rows).rows)

    def start_big(self, name="big.csv", seed=74):
        path, rows = self.sow(name, rows=150_000, seed=seed)
        before = {entry["import"] for entry in self.program.imports()}
        process = self.program.start("import", path, "--yes", "--json", stdout=subprocess.PIPE,
                                     stderr=subprocess.PIPE)
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        started = self.wait_for("rows are read", lambda: [
            entry["import"] for entry in self.program.imports()
            if entry["rows"] and entry["import"] not in before])
        return path, rows, process, started[0]

    def test_pause_resume_and_cancel(self):
        self.serve(self.program)
        path, rows, process, import_id = self.start_big()
        self.assertEqual(self.program.run("pause", import_id).returncode, DONE)
        self.assertEqual(self.state(self.program, import_id), "paused")

        def still():
            entry = self.show(import_id)
            return entry["rows"] if entry["rows"] == sum(entry[outcome] for outcome in (
                "added", "updated", "unchanged", "skipped", "rejected", "review")) else None
        self.wait_for("what was read is finished", still)
        self.assertEqual(self.program.run("resume", import_id).returncode, DONE)
        out, err = process.communicate(timeout=self.import_seconds)
        self.expect_summary(json.loads(out), Import(Sink()).run(rows))
        _, _, process, import_id = self.start_big("another.csv", 75)
        done = self.program.run("cancel", import_id, "--json")
        self.assertEqual(done.returncode, DONE, done.stderr)
        self.assertEqual(json.loads(done.stdout)["state"], "cancelled")
        self.assertEqual(process.wait(timeout=60), FAILED)

    def test_after_a_kill_verbs_open_the_directory_themselves(self):
        server = self.serve(self.program)
        path, rows, process, import_id = self.start_big()
        server.process.send_signal(signal.SIGKILL)
        server.process.wait()
        self.assertTrue((self.program.data_dir / "server").exists())
        self.assertTrue((self.program.data_dir / "serve.sock").exists())
        # Who had asked it is told that it is gone, or finds it again.
        process.kill()
        self.assertEqual(self.state(self.program, import_id), "running")
        sink = Sink()
        summary = self.import_and_compare(self.program, sink, path, rows)
        self.assertEqual(summary["import"], import_id)

    def test_a_serve_that_comes_back_is_found_by_who_watches(self):
        server = self.serve(self.program)
        path, rows, process, import_id = self.start_big()
        server.process.send_signal(signal.SIGKILL)
        server.process.wait()
        (self.program.data_dir / "server").unlink()
        self.serve(self.program)
        out, err = process.communicate(timeout=self.import_seconds)
        summary = json.loads(out)
        self.assertEqual(summary["import"], import_id, err)
        self.expect_summary(summary, Import(Sink()).run(rows))

    def test_who_waits_sees_rate_and_time_left(self):
        self.serve(self.program)
        path, _ = self.sow("sown.csv", rows=100_000, seed=78)
        terminal, its_end = os.openpty()
        process = self.program.start("import", path, "--yes", stdout=subprocess.DEVNULL,
                                     stderr=its_end)
        os.close(its_end)
        shown = b""
        # It ends with an error when nobody holds the other end any more.
        while True:
            try:
                shown += os.read(terminal, 65536)
            except OSError:
                break
        os.close(terminal)
        self.assertIn(process.wait(timeout=60), (0, 3))
        self.assertRegex(shown.decode(), r"\d+ %  \d+ rows, \d+ rows/s, \d+:\d\d left")

    def test_a_sink_that_is_new_while_it_serves(self):
        path, rows = self.sow("sown.csv", rows=3000, seed=76)
        server = self.serve(self.program)
        sink = f"sqlite:{self.folder}/other.db"
        # Over the network nobody makes it open what it likes.
        remote = Program(self.folder / "client", SLUICE_SERVER=server.grpc)
        refused = remote.run("import", path, "--yes", "--json", "--sink", sink)
        self.assertEqual(refused.returncode, USAGE, refused.stderr)
        self.assertFalse((self.folder / "other.db").exists())
        expected = Import(Sink()).run(rows)
        code, summary = self.program.import_file(path, "--sink", sink)
        self.expect_summary(summary, expected)
        # By now it is one of its own.
        again = remote.run("import", path, "--yes", "--json", "--sink", sink)
        self.assertIn(again.returncode, (0, 3), again.stderr)
        self.assertEqual(json.loads(again.stdout)["added"], 0)
        # And the usual one was never touched.
        self.assertEqual(self.program.records(), [])

    def test_pushes(self):
        server = self.serve(self.program)
        people = [{"客户名称": f"客户{i}", "邮箱地址": f"p{i}@example.com"} for i in range(500)]
        with PushClient(server.grpc, columns=("客户名称", "邮箱地址")) as client:
            import_id = client.push(people[:300], "first")
            client.push(people[300:], "second")
            client.push(people[:300], "first")
            self.assertEqual(client.close_push(), import_id)
        self.wait_for("the import has ended",
                      lambda: self.state(self.program, import_id) == "completed")
        shown = self.show(import_id)
        self.assertEqual((shown["added"], shown["skipped"], shown["rows"]), (500, 300, 800))
        self.assertEqual(len(self.program.records()), 500)
        # What is open is closed when it stops.
        with PushClient(server.grpc, columns=("客户名称", "邮箱地址")) as client:
            left = client.push([{"客户名称": "最后", "邮箱地址": "last@example.com"}], "third")
            self.assertEqual(server.stop(), 0)
        self.assertEqual(self.state(self.program, left), "completed")
        self.assertEqual(len(self.program.records()), 501)

    def test_another_serve_on_the_same_directory_is_refused(self):
        self.serve(self.program)
        done = self.program.run("serve")
        self.assertEqual(done.returncode, CONFLICT, done.stderr)
        # And has not harmed the first.
        path, rows = self.sow("sown.csv", rows=500, seed=77)
        self.import_and_compare(self.program, Sink(), path, rows)

    def test_the_socket_is_for_this_user_alone(self):
        self.serve(self.program)
        mode = os.stat(self.program.data_dir / "serve.sock").st_mode & 0o777
        self.assertEqual(mode, 0o600)


if __name__ == "__main__":
    unittest.main()
