"""Records that programs push: each is applied once, in order, whatever is sent again or dies."""

import json
import os
import signal
import time
import unittest

import grpc

from e2e.installation import SPREAD, InstallationTest
from e2e.push_client import PushClient
from oracle.model import Import, Sink

ROWS = int(os.environ.get("TEST_SLUICE_PUSH_ROWS", "150000"))
PUSHES = int(os.environ.get("TEST_SLUICE_PUSHES", "60"))


def record(number, **values):
    return {"name": f"公司{number}", "email": f"user{number}@example.com", **values}


class Push(InstallationTest):
    def address(self, installation, instance="0"):
        """Where an ingest takes pushes, from its log."""
        server = installation.running[f"ingest-{instance}"]

        def found():
            lines = [json.loads(line) for line in server.lines() if "taking pushes" in line]
            return lines and lines[-1]["grpc"]

        self.wait_for("ingest takes pushes", found)
        return found()

    def summary(self, installation, import_id, state="completed"):
        def entry():
            found = [e for e in installation.client.imports() if e["import"] == import_id]
            return found[0] if found else None

        self.wait_for(f"import {import_id} is {state}",
                      lambda: entry() is not None and entry()["state"] == state)
        return entry()

    def by_email(self, installation):
        done = installation.client.run("records", "customers", "--format", "jsonl", "--sink",
                                       installation.sink)
        rows = [json.loads(line) for line in done.stdout.splitlines()]
        return {row["email"]: row for row in rows}

    def test_records_are_applied_one_by_one_in_order_and_once(self):
        installation = self.install()
        with PushClient(self.address(installation)) as client:
            first = client.push([record(1), record(2, phone="13800138000")], "a")
            self.assertEqual(client.push([record(1, phone="13900139000"), record(1)], "b"), first)
            # The same request again, as a client does that had no answer.
            client.push([record(1, phone="13900139000"), record(1)], "b")
            with self.assertRaises(grpc.RpcError) as refused:
                client.push([{"name": "x", "nmae": "y"}])
            self.assertEqual(refused.exception.code(), grpc.StatusCode.INVALID_ARGUMENT)
            self.assertIn("did you mean 'name'", refused.exception.details())
            self.assertEqual(client.close_push(), first)
        summary = self.summary(installation, first)
        self.assertEqual(
            {k: summary[k] for k in ("rows", "added", "updated", "unchanged", "skipped")},
            {"rows": 6, "added": 2, "updated": 1, "unchanged": 1, "skipped": 2})
        rows = self.by_email(installation)
        self.assertEqual(len(rows), 2)
        self.assertEqual(rows["user1@example.com"]["phone"], "+8613900139000")
        shown = installation.client.run("rows", first, "--outcome", "skipped", "--format", "jsonl")
        self.assertIn("repeated_request", shown.stdout)

    def test_a_request_is_known_at_every_instance_and_in_the_next_import(self):
        installation = self.install(start=("control", "clean", "map", "load"))
        for instance in "01":
            installation.start("ingest", instance)
        installation.wait_until_ready()
        with PushClient(self.address(installation, "0")) as one:
            first = one.push([record(1)], "same")
            one.close_push()
        with PushClient(self.address(installation, "1")) as other:
            second = other.push([record(1)], "same")
            other.push([{"name": "without a key"}], "keyless")
            other.push([{"name": "without a key"}], "keyless")
            other.close_push()
        self.assertNotEqual(first, second)
        self.assertEqual(self.summary(installation, first)["added"], 1)
        summary = self.summary(installation, second)
        self.assertEqual((summary["rows"], summary["added"], summary["skipped"]), (3, 1, 2))
        self.assertEqual(len(installation.client.records()), 2)

    def test_an_ingest_that_dies_loses_nothing_it_has_acknowledged(self):
        installation = self.install()
        acknowledged = []
        for life in range(3):
            client = PushClient(self.address(installation))
            for batch in range(4):
                numbers = range(life * 40 + batch * 10, life * 40 + batch * 10 + 10)
                acknowledged.append(client.push([record(n) for n in numbers], f"{life}/{batch}"))
            installation.kill("ingest-0")
            client.close()
            installation.start("ingest")
            installation.wait_until_ready()
        # What was left open is closed by whoever comes next.
        for import_id in dict.fromkeys(acknowledged):
            self.summary(installation, import_id)
        self.assertEqual(len(installation.client.records()), 120)

    def test_an_idle_import_ends_and_a_stopping_ingest_ends_its_own(self):
        installation = self.install(SLUICE_PUSH__IDLE_SECONDS="1")
        with PushClient(self.address(installation)) as client:
            self.summary(installation, client.push([record(1)]))
            last = client.push([record(2)])
        server = installation.running["ingest-0"]
        server.process.send_signal(signal.SIGTERM)
        self.assertEqual(server.process.wait(timeout=60), 0)
        del installation.running["ingest-0"]
        self.summary(installation, last)

    def test_a_push_does_not_wait_behind_a_large_file(self):
        installation = self.install(**SPREAD)
        path, _ = self.sow("large.csv", rows=ROWS, seed=5)
        process = self.start_import(installation, path)
        self.wait_for("the file is being read", lambda: any(
            entry["rows"] > 0 for entry in installation.client.imports()), 60)
        delays = []
        with PushClient(self.address(installation)) as client:
            for number in range(PUSHES):
                began = time.monotonic()
                email = f"pushed{number}@example.com"
                client.push([{"name": f"推送{number}", "email": email}])
                self.wait_for("it is in the sink", lambda e=email: installation.client.run(
                    "records", "customers", "--match", f"email={e}", "--format", "jsonl", "--sink",
                    installation.sink).stdout.strip())
                delays.append(time.monotonic() - began)
                if process.poll() is not None:
                    break
        delays.sort()
        print(f"{len(delays)} pushes beside {ROWS} rows: median {delays[len(delays) // 2]:.2f} s, "
              f"p99 {delays[int(len(delays) * 0.99)]:.2f} s", flush=True)
        self.assertLess(delays[int(len(delays) * 0.99)], 3.0)


class Lifecycle(InstallationTest):
    def start(self, installation, path):
        process = self.start_import(installation, path)
        self.wait_for("rows are read", lambda: self.rows(installation) > 0)
        return process

    def rows(self, installation):
        entries = installation.client.imports()
        return entries[0]["rows"] if entries else 0

    def verb(self, installation, *arguments):
        done = installation.client.run(*arguments, "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def settled(self, entry):
        return sum(entry[k] for k in ("added", "updated", "unchanged", "skipped", "rejected",
                                      "review"))

    def test_paused_it_stands_still_and_resumed_it_ends_as_if_nothing_had_been(self):
        installation = self.install(**SPREAD)
        path, rows = self.sow("large.csv", rows=ROWS, seed=6)
        process = self.start(installation, path)
        for _ in range(2):
            self.assertEqual(self.verb(installation, "pause", "last")["state"], "paused")

        def finished():
            entry = installation.client.imports()[0]
            return entry["rows"] > 0 and self.settled(entry) == entry["rows"]

        self.wait_for("what was read is finished", finished)
        stood = self.rows(installation)
        self.assertLess(stood, ROWS)
        self.assertEqual(self.rows(installation), stood)
        for _ in range(2):
            self.assertEqual(self.verb(installation, "resume", "last")["state"], "running")
        self.assertIn(process.wait(timeout=300), (0, 3))
        sink = Sink()
        expected = Import(sink).run(rows)
        self.expect_summary(installation.client.imports()[0], expected)
        self.expect_records(installation.client.records(), sink.records())

    def test_cancelled_it_ends_where_it_is_with_every_row_accounted_for(self):
        installation = self.install(**SPREAD)
        path, _ = self.sow("large.csv", rows=ROWS, seed=7)
        process = self.start(installation, path)
        began = time.monotonic()
        self.verb(installation, "cancel", "last")
        self.assertEqual(process.wait(timeout=60), 1)
        self.assertLess(time.monotonic() - began, 15)
        entry = installation.client.imports()[0]
        self.assertEqual(entry["state"], "cancelled")
        self.assertEqual(self.settled(entry), entry["rows"])
        self.assertLess(entry["rows"], ROWS)
        self.assertEqual(self.verb(installation, "cancel", "last")["state"], "cancelled")
        for verb in ("pause", "resume"):
            done = installation.client.run(verb, "last")
            self.assertEqual(done.returncode, 6, done.stderr)

    def test_a_paused_import_can_be_cancelled(self):
        installation = self.install(**SPREAD)
        path, _ = self.sow("large.csv", rows=ROWS, seed=8)
        process = self.start(installation, path)
        self.verb(installation, "pause", "last")
        self.verb(installation, "cancel", "last")
        self.assertEqual(process.wait(timeout=60), 1)
        entry = installation.client.imports()[0]
        self.assertEqual(entry["state"], "cancelled")
        self.assertEqual(self.settled(entry), entry["rows"])


if __name__ == "__main__":
    unittest.main()
