"""Five processes over Kafka give the same rows and outcomes as one does; several instances share
the work; kill -9 of any, and any order of starts, change nothing."""

import collections
import itertools
import json
import os
import pathlib
import signal
import subprocess
import tempfile
import time
import unittest

from e2e.installation import SLOW, SPREAD, Installation, InstallationTest
from e2e.previewing import COUNTS, Previewing
from e2e.program import Program
from oracle import sowing
from oracle.model import Import, Sink
from testing.kafka.broker import Broker

ROWS = int(os.environ.get("TEST_SLUICE_ROWS", "20000"))
KILL_ROWS = int(os.environ.get("TEST_SLUICE_KILL_ROWS", "100000"))
# Of each service.
KILLS = int(os.environ.get("TEST_SLUICE_KILLS", "1"))


class Services(Previewing, InstallationTest):
    def test_a_large_file_equals_the_oracle_and_again_changes_nothing(self):
        installation, sink = self.install(), Sink()
        path, rows = self.sow("large.csv", rows=ROWS, seed=11)
        self.import_and_compare(installation, sink, path, rows)
        self.import_and_compare(installation, sink, path, rows)
        self.assertEqual(set(installation.stop().values()), {0})

    def test_policies_and_verbs_are_as_in_one_process(self):
        """The same files into both: what the verbs print differs in ids and times only."""
        installation, sink = self.install(), Sink()
        alone = Program(self.folder / "alone")
        first_path, first = self.sow("first.csv", rows=300, seed=21)
        second_path, second = self.sow("second.csv", rows=300, seed=22, first_customer=150,
                                       version=1)
        self.import_and_compare(installation, sink, first_path, first)
        alone.import_file(first_path)
        previews = [self.preview(program, second_path)[1]
                    for program in (alone, installation.client)]
        self.assertEqual(*({name: preview[name] for name in COUNTS} for preview in previews))
        for policy, in_file in itertools.product(("update", "fill", "skip"), ("merge", "last")):
            with self.subTest(on_duplicate=policy, in_file=in_file):
                options = ("--on-duplicate", policy, "--in-file", in_file)
                self.import_and_compare(installation, sink, second_path, second, *options,
                                        on_duplicate=policy, in_file=in_file)
                alone.import_file(second_path, *options)
        for verb in (("rows", "last", "--with-issues"), ("rows", "last", "--format", "csv"),
                     ("rows", "last", "--outcome", "rejected")):
            with self.subTest(verb=verb):
                here, there = alone.run(*verb), installation.client.run(*verb)
                self.assertEqual((there.returncode, there.stdout), (here.returncode, here.stdout))
        self.assertEqual(*(self.shown(program) for program in (alone, installation.client)))
        self.assertEqual(*([{**entry, "import": "", "seconds": 0} for entry in program.imports()]
                           for program in (alone, installation.client)))
        for verb in (("imports", "show", "nothing"), ("rows", "nothing")):
            here, there = alone.run(*verb), installation.client.run(*verb)
            self.assertEqual((there.returncode, there.stderr), (here.returncode, here.stderr))
        watched = installation.client.run("imports", "watch", "last", "--json")
        self.assertEqual(json.loads(watched.stdout)["state"], "completed")

    def shown(self, program):
        shown = json.loads(program.run("imports", "show", "last", "--json").stdout)
        for key in ("import", "seconds", "created_at", "ended_at", "sink", "plan_hash"):
            self.assertIn(key, shown)
            del shown[key]
        return shown

    def test_what_is_refused_is_refused_as_in_one_process(self):
        installation = self.install(start=("control",))
        empty = self.folder / "empty.csv"
        empty.write_text("")
        good = self.folder / "good.csv"
        good.write_text("公司\n甲\n")
        alone = Program(self.folder / "alone")
        for arguments in ((self.folder / "none.csv",), (empty,), (good, "--dataset", "nothing"),
                          (good, "--mapping", self.folder / "none.yaml")):
            with self.subTest(arguments=arguments):
                here = alone.run("import", *arguments, "--yes")
                there = installation.client.run("import", *arguments, "--yes")
                self.assertEqual((there.returncode, there.stderr), (here.returncode, here.stderr))
        self.assertEqual(installation.client.imports(), [])

    def test_two_cleans_and_two_maps_share_the_work(self):
        installation, sink = self.install(**SPREAD), Sink()
        for target in ("clean", "map", "ingest"):
            installation.start(target, "1")
        installation.wait_until_ready()
        path, rows = self.sow("rows.csv", rows=ROWS, seed=41)
        self.import_and_compare(installation, sink, path, rows)
        for target, instance in itertools.product(("clean", "map"), "01"):
            read = installation.counter(f"{target}-{instance}", "sluice_records_in_total",
                                        stage=target)
            self.assertGreater(read, ROWS / 8, f"{target}-{instance}")
        read = [installation.counter(f"ingest-{i}", "sluice_records_in_total", stage="ingest")
                for i in "01"]
        self.assertEqual(sorted(read), [0, ROWS], "one file is read by one")

    def test_an_instance_beyond_the_partitions_says_that_it_is_idle(self):
        installation = self.install(start=("control", "map"), partitions=1)
        idle = installation.start("map", "1")
        # Which of the two is given the partition is the group's affair.
        servers = [installation.running["map-0"], idle]
        self.wait_for("one says that it is idle", lambda: sorted(
            "[+]partitions ok: map is idle" in server.get("/readyz?verbose")[1]
            for server in servers) == [False, True])
        # A rolling update waits for every instance, and nothing is wrong with this one.
        self.assertEqual([server.get("/readyz")[0] for server in servers], [200, 200])
        for metric in ("sluice_assigned_partitions", "sluice_instance_idle"):
            self.assertEqual(sorted(installation.counter(f"map-{i}", metric, stage="map")
                                    for i in "01"), [0, 1], metric)
        self.assertTrue(any("no partition is assigned" in line
                            for server in servers for line in server.lines()))

    def test_kill_of_any_service_in_the_middle(self):
        path, rows = self.sow("large.csv", rows=KILL_ROWS, seed=61)
        expected_sink = Sink()
        expected = Import(expected_sink).run(rows)
        # Else the import would be over before the kills are.
        installation = self.install(**SPREAD, **SLOW)
        process = self.start_import(installation, path)
        slowest = 0.0
        targets = ("clean", "map", "load", "ingest", "control") * KILLS
        for number, target in enumerate(targets, 1):
            # The last kill too comes while there is much to do.
            reached = KILL_ROWS * number * 2 // (len(targets) * 3)
            self.wait_for_rows(installation, reached)
            before = self.finished(installation)
            installation.kill(f"{target}-0")
            killed = time.monotonic()
            installation.start(target)

            def flows(before=before):
                try:
                    return self.finished(installation) > before
                except AssertionError:  # The killed one is control, and nobody answers yet.
                    return False

            self.wait_for(f"rows flow again after {target} was killed", flows)
            slowest = max(slowest, time.monotonic() - killed)
            installation.wait_until_ready()
        print(f"slowest from kill -9 to rows that flow again: {slowest:.1f} s", flush=True)
        self.assertLess(slowest, 30)
        self.expect_end(process, installation, expected, expected_sink)

    def expect_end(self, process, installation, expected, expected_sink):
        out, err = process.communicate(timeout=600)
        self.assertTrue(out, err)
        self.expect_summary(json.loads(out), expected)
        self.expect_exit(process.returncode, expected)
        self.expect_records(installation.client.records(), expected_sink.records())
        self.expect_quarantine(installation, expected)

    def expect_quarantine(self, installation, expected):
        """Each row that was rejected or needs review stands in the topic once."""
        done = subprocess.run(
            ["kcat", "-C", "-q", "-e", "-b", self.broker.address, "-t",
             f"{installation.prefix}.quarantine.v1", "-X", "isolation.level=read_committed",
             "-f", "%h\n"],
            capture_output=True, text=True, encoding="utf-8", check=True, timeout=120)
        found = [dict(header.split("=", 1) for header in line.split(","))
                 for line in done.stdout.splitlines()]
        outcomes = collections.Counter(headers["sluice.error.outcome"] for headers in found)
        self.assertEqual({name: outcomes[name] for name in ("rejected", "review")},
                         {name: expected.outcomes[name] for name in ("rejected", "review")})
        self.assertEqual(len({headers["row"] for headers in found}), len(found))
        self.assertGreater(len(found), 0)
        stages = {headers["__connect.errors.stage"] for headers in found}
        self.assertLessEqual(stages, {"CLEAN", "LOAD"})

    def test_an_ingest_a_clean_and_a_load_that_sleep_past_every_timeout(self):
        """Others take over; what wakes up has lost its turn, and doubles nothing."""
        path, rows = self.sow("large.csv", rows=KILL_ROWS, seed=63)
        expected_sink = Sink()
        expected = Import(expected_sink).run(rows)
        installation = self.install(**SPREAD, **SLOW, SLUICE_LEASE__SECONDS="4")
        for target in ("ingest", "clean"):
            installation.start(target, "1")
        installation.wait_until_ready()
        process = self.start_import(installation, path)

        def reader():
            return max(("ingest-0", "ingest-1"), key=lambda name: installation.counter(
                name, "sluice_records_in_total", stage="ingest") or 0)

        for number, choose in enumerate((reader, lambda: "clean-0", lambda: "load-0"), 1):
            reached = KILL_ROWS * number // 5
            self.wait_for_rows(installation, reached)
            name = choose()
            sleeper = installation.running[name].process
            sleeper.send_signal(signal.SIGSTOP)
            asleep = time.monotonic()
            # Session 3 s, transaction 6 s, lease 4 s.
            self.wait_for(f"{name} sleeps past every timeout",
                          lambda a=asleep: time.monotonic() - a > 12)
            sleeper.send_signal(signal.SIGCONT)

            def goes_on(n=name, process=sleeper):
                # One that was shut out for good ends, and whoever watches over it starts it again.
                if process.poll() is not None and installation.running[n].process is process:
                    installation.running.pop(n)
                    installation.start(*n.split("-"))
                return installation.running[n].get("/readyz")[0] == 200

            self.wait_for(f"{name} is ready again", goes_on)
        self.expect_end(process, installation, expected, expected_sink)

    def test_all_five_in_one_process(self):
        installation, sink = self.install(start=("all",)), Sink()
        path, rows = self.sow("rows.csv", rows=3000, seed=71)
        self.import_and_compare(installation, sink, path, rows)
        self.assertEqual(set(installation.stop().values()), {0})


class Order(InstallationTest):
    @classmethod
    def setUpClass(cls):
        # Its own, which starts when the test says so.
        super(InstallationTest, cls).setUpClass()
        folder = tempfile.TemporaryDirectory(prefix="sluice-broker-")
        cls.addClassCleanup(folder.cleanup)
        cls.broker = Broker(pathlib.Path(folder.name) / "broker")
        cls.addClassCleanup(cls.broker.close)

    def test_the_broker_comes_last_and_control_last_of_the_services(self):
        installation = Installation(self, self.broker)
        for target in ("load", "map", "clean", "ingest", "control"):
            server = installation.start(target)
            self.wait_for(f"{target} says what it waits for", lambda s=server: (
                "Kafka" in s.get("/readyz?verbose")[1]))
            self.assertEqual(server.get("/readyz")[0], 503)
            self.assertEqual(server.get("/livez")[0], 200)
        self.broker.start()
        for server in list(installation.running.values()):
            self.wait_for("it says which topics are missing", lambda s=server: (
                "raw.v1 is missing" in s.get("/readyz?verbose")[1]))
        installation.create_topics()
        installation.wait_until_ready()
        options = sowing.Options(rows=2000, seed=81)
        rows = list(sowing.Sower(options))
        path = self.folder / "rows.csv"
        sowing.write(path, options, rows)
        sink = Sink()
        expected = Import(sink).run(rows)
        code, summary = installation.client.import_file(path)
        self.expect_summary(summary, expected)
        self.expect_exit(code, expected)
        self.expect_records(installation.client.records(), sink.records())
        self.assertEqual(set(installation.stop().values()), {0})


if __name__ == "__main__":
    unittest.main()
