"""Mended rows and answers over Kafka into PostgreSQL, whoever is killed meanwhile."""

import csv
import io
import json
import subprocess
import unittest

from e2e.installation import InstallationTest
from testing.postgres_server import PostgresServer

ROWS = 20000
HEADER = ["external_id", "name", "email", "phone", "note"]
STORED = "SELECT external_id, name, email, note FROM customers ORDER BY external_id"
ATTENTION = 3


class ServicesResubmit(InstallationTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server = PostgresServer()
        cls.addClassCleanup(cls.server.close)

    def write(self, name, rows):
        path = self.folder / name
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([HEADER, *rows])
        return path

    def listed(self, client):
        done = client.run("rows", "last", "--format", "csv", "--outcome", "rejected", timeout=300)
        self.assertEqual(done.returncode, 0, done.stderr)
        return list(csv.DictReader(io.StringIO(done.stdout.lstrip("\ufeff"))))

    def mended(self, name, rows):
        path = self.folder / name
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows({**row, "name": "Name " + row["external_id"]} for row in rows)
        return path

    def test_mended_rows_and_answers(self):
        database = self.server.new_database()
        installation = self.install(sink=self.server.url(database),
                                    SLUICE_POSTGRES__OWNER="user=sluice_owner")
        client = installation.client
        rows = [[f"c{i:05}", "" if i % 4 == 0 else f"Name c{i:05}", f"c{i}@example.com", "", "n"]
                for i in range(ROWS)]
        code, first = client.import_file(self.write("rows.csv", rows), timeout=300)
        self.assertEqual((code, first["rejected"]), (ATTENTION, ROWS // 4))
        held = self.listed(client)
        half = len(held) // 2
        done = client.run("resubmit", "last", self.mended("first.csv", held[:half]), "--json",
                          timeout=300)
        self.assertEqual(done.returncode, ATTENTION, done.stderr)
        summary = json.loads(done.stdout)
        self.assertEqual((summary["import"], summary["added"], summary["rejected"]),
                         (first["import"], ROWS - half, half))

        # Whoever is killed, the round goes on.
        path = self.mended("second.csv", held[half:])
        process = client.start("resubmit", "last", path, "--json", stdout=subprocess.PIPE)
        self.addCleanup(process.kill)
        for target in ("ingest", "clean", "load", "control"):
            installation.kill(f"{target}-0")
            installation.start(target)
        out, _ = process.communicate(timeout=300)
        installation.wait_until_ready()
        if process.returncode != 0:
            # Control was away when it was asked, or while it was watched: the same again.
            out = client.run("resubmit", "last", path, "--json", timeout=300).stdout
        summary = json.loads(out)
        self.assertEqual((summary["rows"], summary["added"], summary["rejected"]), (ROWS, ROWS, 0))
        stored = self.server.query(database, STORED)
        self.assertEqual(len(stored), ROWS)
        expected = [f"{row[0]}|Name {row[0]}|{row[2]}|n" for row in rows]
        wrong = [pair for pair in zip(stored, expected) if pair[0] != pair[1]]
        self.assertEqual(wrong[:3], [])

        # Two customers with one address, and a row that may be either.
        client.import_file(self.write("two.csv", [
            ["d1", "甲公司", "d@example.com", "", "one"],
            ["d2", "甲公司", "d@example.com", "", "two"]]))
        code, summary = client.import_file(self.write("one.csv", [
            ["", "甲公司", "d@example.com", "", "which"]]))
        self.assertEqual((code, summary["review"]), (ATTENTION, 1))
        done = client.run("review", "last", "--row", "2", "--answer", "never", "--remember",
                          "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(json.loads(done.stdout)["skipped"], 1)
        code, summary = client.import_file(self.write("again.csv", [
            ["", "甲公司", "d@example.com", "", "again"]]))
        self.assertEqual((code, summary["skipped"], summary["review"]), (0, 1, 0))


if __name__ == "__main__":
    unittest.main()
