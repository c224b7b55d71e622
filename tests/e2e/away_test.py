"""The broker, then the database, is away for a while in the middle of an import: everything waits,
says so, and goes on."""

import os
import time
import unittest

from e2e.installation import SLOW, SPREAD, TARGETS, InstallationTest
from oracle.model import Import, Sink
from testing.postgres_server import PostgresServer

SECONDS = float(os.environ.get("TEST_SLUICE_AWAY_SECONDS", "20"))
ROWS = 200000
CLIENT_PATIENCE = 50


class Away(InstallationTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server = PostgresServer()
        cls.addClassCleanup(cls.server.close)

    def stay_away(self, installation, targets):
        """For SECONDS: who needs what is away says so, and nobody ends."""
        for target in targets:
            server = installation.running[f"{target}-0"]
            self.wait_for(f"{target} says that it waits", lambda s=server: (
                s.get("/readyz")[0] == 503), 90)
        until = time.monotonic() + SECONDS
        while time.monotonic() < until:
            for name, server in installation.running.items():
                self.assertIsNone(server.process.poll(), name)
                self.assertEqual(server.get("/livez")[0], 200, name)
            time.sleep(1)
        for target in targets:
            self.assertEqual(installation.running[f"{target}-0"].get("/readyz")[0], 503, target)

    def test_a_broker_and_a_database_that_stay_away_are_waited_for(self):
        path, rows = self.sow("rows.csv", rows=ROWS, seed=66)
        installation = self.install(
            sink=self.server.url(self.server.new_database()),
            SLUICE_POSTGRES__OWNER="user=sluice_owner",
            SLUICE_CONTROL__DATABASE=self.server.url(self.server.new_database(),
                                                     role="sluice_control"), **SPREAD, **SLOW)
        process = self.start_import(installation, path)
        self.wait_until_it_flows(installation)
        self.broker.kill()
        self.stay_away(installation, TARGETS)
        self.broker.start()
        began = time.monotonic()
        self.wait_until_it_flows(installation)
        print(f"rows flow {time.monotonic() - began:.1f} s after the broker is back", flush=True)
        self.server.kill()
        self.stay_away(installation, ("control", "load"))
        self.server.start()
        began = time.monotonic()
        self.wait_until_it_flows(installation)
        print(f"rows flow {time.monotonic() - began:.1f} s after the database is back", flush=True)
        # Who waits for control gives up after a minute; the import does not.
        _, err = process.communicate(timeout=300)
        sink = Sink()
        expected = Import(sink).run(rows)
        if SECONDS < CLIENT_PATIENCE:
            self.expect_exit(process.returncode, expected)
        else:
            self.assertEqual(process.returncode, 4, err)
        self.wait_for("the import has ended", lambda: (
            installation.client.imports()[-1]["state"] == "completed"), 300)
        self.expect_summary(installation.client.imports()[-1], expected)
        self.expect_records(installation.client.records(), sink.records())
        self.assertEqual(set(installation.stop().values()), {0})


if __name__ == "__main__":
    unittest.main()
