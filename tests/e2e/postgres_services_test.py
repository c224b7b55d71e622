"""The services into PostgreSQL: several load processes write one database at once."""

import json
import os
import signal
import subprocess
import unittest

from e2e.installation import SPREAD, TARGETS, InstallationTest
from oracle.model import Import, Sink
from testing.postgres_server import PostgresServer

ROWS = int(os.environ.get("TEST_SLUICE_ROWS", "20000"))
KILL_ROWS = int(os.environ.get("TEST_SLUICE_KILL_ROWS", "150000"))


class PostgresServices(InstallationTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server = PostgresServer()
        cls.addClassCleanup(cls.server.close)

    def install(self, start=TARGETS, **options):
        self.database = self.server.new_database()
        return super().install(start, sink=self.server.url(self.database),
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
        self.assertEqual(set(installation.stop().values()), {0})

    def test_kill_and_stop_of_a_loader_in_the_middle(self):
        """One is killed and starts again; the other sleeps past every timeout and wakes up."""
        path, rows = self.sow("large.csv", rows=KILL_ROWS, seed=62)
        expected_sink = Sink()
        expected = Import(expected_sink).run(rows)
        installation = self.install(**SPREAD)
        installation.start("load", "1")
        installation.wait_until_ready()
        process = installation.client.start("import", path, "--yes", "--json",
                                            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(process.kill)

        def finished():
            entries = installation.client.imports()
            return entries[-1]["added"] + entries[-1]["skipped"] if entries else 0

        self.wait_for("a quarter has an outcome", lambda: finished() >= KILL_ROWS / 4, 120)
        installation.kill("load-0")
        installation.start("load", "0")
        installation.wait_until_ready()
        self.wait_for("half has an outcome", lambda: finished() >= KILL_ROWS / 2, 120)
        sleeper = installation.running["load-1"].process
        sleeper.send_signal(signal.SIGSTOP)
        reached = finished()
        self.wait_for("the other has its partitions", lambda: installation.counter(
            "load-0", "sluice_assigned_partitions", stage="load") == 4, 60)
        self.wait_for("work goes on without it", lambda: finished() > reached, 90)
        sleeper.send_signal(signal.SIGCONT)
        out, err = process.communicate(timeout=300)
        self.assertTrue(out, err)
        self.expect_summary(json.loads(out), expected)
        self.expect_exit(process.returncode, expected)
        self.expect_records(installation.client.records(), expected_sink.records())
        self.assertEqual(set(installation.stop().values()), {0})


if __name__ == "__main__":
    unittest.main()
