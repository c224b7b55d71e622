"""The services into PostgreSQL: several load processes write one database at once."""

import itertools
import json
import os
import signal
import subprocess
import unittest

from e2e.installation import SLOW, SPREAD, TARGETS, InstallationTest
from e2e.previewing import Previewing
from oracle.model import Import, Sink
from testing.postgres_server import PostgresServer

ROWS = int(os.environ.get("TEST_SLUICE_ROWS", "20000"))
FILES = 4
KILL_ROWS = int(os.environ.get("TEST_SLUICE_KILL_ROWS", "100000"))


class PostgresServices(Previewing, InstallationTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server = PostgresServer()
        cls.addClassCleanup(cls.server.close)

    def prepare(self, **options):
        self.database = self.server.new_database()
        return super().prepare(sink=self.server.url(self.database),
                               SLUICE_POSTGRES__OWNER="user=sluice_owner", **options)

    def test_two_loaders_share_the_work_and_again_changes_nothing(self):
        installation, sink = self.install(**SPREAD), Sink()
        installation.start("load", "1")
        installation.wait_until_ready()
        path, rows = self.sow("rows.csv", rows=ROWS, seed=42)
        self.import_and_compare(installation, sink, path, rows)
        for instance in "01":
            read = installation.counter(f"load-{instance}", "sluice_records_in_total", stage="load")
            self.assertGreater(read, ROWS / 8, f"load-{instance}")
        stored = "SELECT xmin, * FROM customers ORDER BY id"
        before = self.server.query(self.database, stored)
        self.import_and_compare(installation, sink, path, rows)
        self.assertEqual(self.server.query(self.database, stored), before)
        changed, _ = self.sow("changed.csv", rows=3000, seed=43, version=1)
        self.expect_the_run_is_the_preview(installation.client, changed)
        self.assertEqual(set(installation.stop().values()), {0})

    def test_kill_and_stop_of_a_loader_in_the_middle(self):
        """One is killed and starts again; the other sleeps past every timeout and wakes up."""
        path, rows = self.sow("large.csv", rows=KILL_ROWS, seed=62)
        expected_sink = Sink()
        expected = Import(expected_sink).run(rows)
        # Else the import would be over before both have happened.
        installation = self.install(**SPREAD, **SLOW)
        installation.start("load", "1")
        installation.wait_until_ready()
        process = self.start_import(installation, path)
        self.wait_for_rows(installation, KILL_ROWS / 4)
        installation.kill("load-0")
        installation.start("load", "0")
        installation.wait_until_ready()
        self.wait_for_rows(installation, KILL_ROWS / 2)
        sleeper = installation.running["load-1"].process
        sleeper.send_signal(signal.SIGSTOP)
        reached = self.finished(installation)
        self.wait_for("the other has its partitions", lambda: installation.counter(
            "load-0", "sluice_assigned_partitions", stage="load") == 4)
        self.wait_for("work goes on without it",
                      lambda: self.finished(installation) > reached)
        sleeper.send_signal(signal.SIGCONT)
        out, err = process.communicate(timeout=300)
        self.assertTrue(out, err)
        self.expect_summary(json.loads(out), expected)
        self.expect_exit(process.returncode, expected)
        self.expect_records(installation.client.records(), expected_sink.records())
        self.assertEqual(set(installation.stop().values()), {0})

    def test_two_controls_share_one_database(self):
        """Both are asked to import all files; one is killed in the middle and starts again."""
        database = self.server.new_database()
        installation = self.install(
            controls=2, SLUICE_CONTROL__DATABASE=self.server.url(database, role="sluice_control"),
            **SPREAD, **SLOW)
        installation.start("control", "1")
        installation.start("ingest", "1")
        installation.wait_until_ready()
        files = [self.sow(f"{number}.csv", rows=KILL_ROWS // FILES, seed=70 + number,
                          first_customer=number * KILL_ROWS) for number in range(FILES)]
        clients = [installation.client_of(number) for number in range(2)]
        processes = {}
        for (number, (path, _)), client in itertools.product(enumerate(files), clients):
            processes[number, client] = client.start(
                "import", path, "--yes", "--json", stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            self.addCleanup(processes[number, client].kill)

        def finished():
            entries = clients[1].imports()
            done = sum(entry["added"] + entry["skipped"] for entry in entries)
            return len(entries) == FILES and done

        for reached in (KILL_ROWS / 4, KILL_ROWS / 2):
            self.wait_for(f"{reached} rows have an outcome", lambda r=reached: finished() >= r)
            installation.kill("control-0")
            installation.start("control", "0")
            installation.wait_until_ready()
        sink, ids = Sink(), set()
        for number, (_, rows) in enumerate(files):
            expected = Import(sink).run(rows)
            for client in clients:
                out, err = processes[number, client].communicate(timeout=300)
                self.assertTrue(out, err)
                summary = json.loads(out)
                ids.add(summary["import"])
                self.expect_summary(summary, expected)
                self.expect_exit(processes[number, client].returncode, expected)
        self.assertEqual(len(ids), FILES, "the same file at both is one import")
        self.expect_records(installation.client.records(), sink.records())
        listed = [client.imports() for client in clients]
        for entry in [entry for entries in listed for entry in entries]:
            # While it is the time that has passed, both say the same of the rest.
            del entry["seconds"]
        self.assertEqual(*listed)
        states = self.server.query(
            database, "SELECT state, version, sequence FROM sluice_control.imports ORDER BY 3")
        self.assertEqual(states, [f"5|2|{number + 1}" for number in range(FILES)])
        self.assertEqual(self.server.query(database, "SELECT * FROM sluice_control.outbox"), [])
        self.assertEqual(set(installation.stop().values()), {0})

    def test_a_database_that_is_away_at_the_start_and_in_the_middle_is_waited_for(self):
        """Sink and control's data are both there."""
        path, rows = self.sow("rows.csv", rows=KILL_ROWS, seed=65)
        database = self.server.new_database()
        installation = self.prepare(
            SLUICE_CONTROL__DATABASE=self.server.url(database, role="sluice_control"),
            **SPREAD, **SLOW)
        self.addCleanup(self.server.start)
        self.server.stop()
        servers = [installation.start(target) for target in TARGETS]
        for target in ("control", "load"):
            self.wait_for(f"{target} says what it waits for", lambda t=target: (
                "cannot connect" in installation.running[f"{t}-0"].get("/readyz?verbose")[1]))
        self.server.start()
        installation.wait_until_ready()
        process = self.start_import(installation, path)

        for stop in (self.server.stop, self.server.kill):
            self.wait_until_it_flows(installation)
            stop()
            for target in ("control", "load"):
                self.wait_for(f"{target} says what it waits for", lambda t=target: (
                    installation.running[f"{t}-0"].get("/readyz")[0] == 503))
            self.server.start()
        out, err = process.communicate(timeout=300)
        self.assertTrue(out, err)
        sink = Sink()
        expected = Import(sink).run(rows)
        self.expect_summary(json.loads(out), expected)
        self.expect_exit(process.returncode, expected)
        self.expect_records(installation.client.records(), sink.records())
        self.assertEqual({server.process.poll() for server in servers}, {None})
        self.assertEqual(set(installation.stop().values()), {0})


if __name__ == "__main__":
    unittest.main()
