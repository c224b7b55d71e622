"""Rollback and redo over Kafka into PostgreSQL: control says it, a loader does it, whoever is
killed meanwhile."""

import json
import subprocess
import unittest

from e2e.installation import InstallationTest
from testing.postgres_server import PostgresServer

ROWS = 30000
STORED = "SELECT * FROM customers ORDER BY id"


class ServicesRollback(InstallationTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server = PostgresServer()
        cls.addClassCleanup(cls.server.close)

    def write(self, name, ids, note):
        path = self.folder / name
        lines = ["external_id,name,email,note"]
        lines += [f"c{i},Name {i},c{i}@example.com,{note}" for i in ids]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path

    def said(self, client, *arguments):
        done = client.run(*arguments, "--json", timeout=300)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def test_taken_back_and_done_again(self):
        database = self.server.new_database()
        installation = self.install(sink=self.server.url(database),
                                    SLUICE_POSTGRES__OWNER="user=sluice_owner")
        installation.start("load", "1")
        installation.wait_until_ready()
        client = installation.client
        stored = lambda: self.server.query(database, STORED)
        client.import_file(self.write("first.csv", range(ROWS), "one"), timeout=300)
        before = stored()
        imported = client.import_file(self.write("second.csv", range(ROWS // 2, ROWS * 3 // 2),
                                                 "two"), timeout=300)[1]
        after = stored()
        preview = self.said(client, "rollback", imported["import"], "--dry-run")
        self.assertEqual(stored(), after)
        result = self.said(client, "rollback", imported["import"])
        self.assertEqual(result["rollback"], preview["rollback"])
        self.assertEqual((result["state"], result["rollback"]["removed"],
                          result["rollback"]["restored"]), ("rolled_back", ROWS // 2, ROWS // 2))
        self.assertEqual(stored(), before)

        redo = self.said(client, "redo", imported["import"])
        self.assertEqual((redo["added"], redo["updated"]), (ROWS // 2, ROWS // 2))
        self.assertEqual(stored(), after)

        process = client.start("rollback", redo["import"], "--json", stdout=subprocess.PIPE)
        self.addCleanup(process.kill)

        def state():
            # Control may just have been started.
            done = client.run("imports", "show", redo["import"], "--json")
            return json.loads(done.stdout)["state"] if done.returncode == 0 else None

        self.wait_for("it rolls back", lambda: state() not in (None, "completed"))
        for name in ("load-0", "load-1", "control-0"):
            installation.kill(name)
        for name in ("load-0", "load-1", "control-0"):
            installation.start(*name.split("-"))
        installation.wait_until_ready()
        process.communicate(timeout=300)
        self.wait_for("it is rolled back", lambda: state() == "rolled_back", 120)
        self.assertEqual(stored(), before)
        self.assertEqual(set(installation.stop().values()), {0})


if __name__ == "__main__":
    unittest.main()
