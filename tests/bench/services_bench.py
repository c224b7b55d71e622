#!/usr/bin/env python3
"""Measures the five services over Kafka, end to end: rows a second from the command to its end, CPU
seconds and peak memory of every process, the broker and the database among them.

usage: TEST_SLUICE_BINARY=FILE services_bench.py [--rows N] [--runs N] [--loaders N] [--sqlite]
       [--peer] [--warm] [--set NAME=VALUE]...

`--warm` first imports other rows elsewhere and prints nothing of it: a broker's JVM has compiled
its code then, as one that has run for minutes has.

Everything runs on this machine: Apache Kafka, PostgreSQL (or SQLite with --sqlite), one process a
service, four partitions. `--peer` does a part of the job by other means over the same broker and
database: kcat reads the records from a topic into psql's \\copy, then one cleaning upsert; no
journal, no issues, nothing exactly once. Run it on a quiet machine.
"""

import argparse
import os
import pathlib
import subprocess
import sys
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from e2e.installation import SPREAD, InstallationTest  # noqa: E402
from oracle import sowing  # noqa: E402
from testing.kafka.broker import INSTALLED_JVM  # noqa: E402
from testing.postgres_server import PostgresServer  # noqa: E402

BATCHES = ("sluice_batch_duration_seconds_count", "sluice_batch_duration_seconds_sum",
           "sluice_batch_records_sum")
TICKS = os.sysconf("SC_CLK_TCK")
PEER = """
INSERT INTO peer_customers(name, contact_name, phone, email, address, note)
SELECT DISTINCT ON (lower(trim(email))) trim(name), nullif(trim(contact), ''),
       CASE WHEN regexp_replace(phone, '[^0-9]', '', 'g') ~ '^1[3-9][0-9]{9}$'
            THEN '+86' || regexp_replace(phone, '[^0-9]', '', 'g') END,
       CASE WHEN email LIKE '_%@_%._%' THEN lower(trim(email)) END, nullif(trim(address), ''),
       nullif(trim(note), '')
FROM peer_staged WHERE trim(name) <> ''
ON CONFLICT (email) DO UPDATE SET address = coalesce(peer_customers.address, excluded.address)
"""


def cpu_seconds(pid):
    """User and system time of a process and of the children it has waited for."""
    try:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except FileNotFoundError:
        return 0.0
    return sum(map(int, fields[11:15])) / TICKS


def peak_bytes(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return 0


def family(pid):
    """The process and all below it."""
    pids = [pid]
    for task in pathlib.Path(f"/proc/{pid}/task").glob("*/children"):
        for child in task.read_text().split():
            pids += family(int(child))
    return pids


class Bench(InstallationTest):
    broker_jvm = INSTALLED_JVM
    options = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server = PostgresServer()
        cls.addClassCleanup(cls.server.close)

    def test_bench(self):
        sow = sowing.Options(rows=self.options.rows, seed=3)
        path = self.folder / "rows.csv"
        sowing.write(path, sow, sowing.Sower(sow))
        if self.options.warm:
            self.warm()
        for _ in range(self.options.runs):
            self.measure(path)
        if self.options.peer:
            self.measure_peer(path)

    def settings(self):
        options = dict(SPREAD)
        if not self.options.sqlite:
            options.update(sink=self.server.url(self.server.new_database()),
                           SLUICE_POSTGRES__OWNER="user=sluice_owner")
        # The time-outs of an installation, not of a test.
        options.update(SLUICE_KAFKA__SESSION_TIMEOUT_SECONDS="10",
                       SLUICE_KAFKA__TRANSACTION_TIMEOUT_SECONDS="15")
        options.update(setting.split("=", 1) for setting in self.options.set)
        return options

    def warm(self):
        options = sowing.Options(rows=300000, seed=4)
        path = self.folder / "warm.csv"
        sowing.write(path, options, sowing.Sower(options))
        installation = self.install(**self.settings())
        for _ in range(2):
            installation.client.import_file(path, timeout=3600)
        installation.stop()

    def measure(self, path):
        installation = self.install(**self.settings())
        for number in range(1, self.options.loaders):
            installation.start("load", str(number))
        installation.wait_until_ready()
        pids = {name: server.process.pid for name, server in installation.running.items()}
        pids["kafka"] = self.broker.process.pid
        before = {name: cpu_seconds(pid) for name, pid in pids.items()}
        postgres = {pid: cpu_seconds(pid) for pid in family(self.server.process.pid)}
        batches = {}
        for run in ("new", "again"):
            began = time.monotonic()
            code, summary = installation.client.import_file(path, timeout=3600)
            seconds = time.monotonic() - began
            self.assertIn(code, (0, 3), summary)
            print(f"{run}: {summary['rows']} rows in {seconds:.1f} s: "
                  f"{summary['rows'] / seconds:,.0f} rows/s; added {summary['added']}, unchanged "
                  f"{summary['unchanged']}", flush=True)
            for name, pid in pids.items():
                used = cpu_seconds(pid) - before[name]
                before[name] += used
                print(f"  {name:<12}{used:7.1f} CPU s {peak_bytes(pid) / 1e6:6.0f} MB", flush=True)
            now = {pid: cpu_seconds(pid) for pid in family(self.server.process.pid)}
            print(f"  postgres    {sum(now.values()) - sum(postgres.values()):7.1f} CPU s",
                  flush=True)
            postgres = now
            self.print_batches(installation, batches)
        installation.stop()

    def print_batches(self, installation, before):
        """How large the batches of every stage were, and how long one took with its commit."""
        for name in installation.running:
            now = [installation.counter(name, metric) or 0 for metric in BATCHES]
            batches, seconds, records = (a - b for a, b in zip(now, before.get(name, (0, 0, 0))))
            before[name] = now
            if batches:
                print(f"  {name:<12}{batches:7.0f} batches of {records / batches:.0f} records, "
                      f"{1000 * seconds / batches:.0f} ms each", flush=True)

    def measure_peer(self, path):
        installation = self.prepare()
        topic = f"{installation.prefix}.raw.v1"
        database = self.server.new_database()
        url = self.server.url(database, role="sluice_owner")
        subprocess.run(["psql", "-q", url, "-c",
                        "CREATE TABLE peer_staged(name text, contact text, phone text, email text, "
                        "address text, note text, rest text);"
                        "CREATE TABLE peer_customers(name text NOT NULL, contact_name text, phone "
                        "text, email text UNIQUE, address text, note text)"], check=True)
        began = time.monotonic()
        subprocess.run(f"tail -n +2 '{path}' | kcat -P -b {self.broker.address} -t {topic} -p 0 "
                       "-X queue.buffering.max.messages=1000000", shell=True, check=True)
        subprocess.run(
            f"kcat -C -b {self.broker.address} -t {topic} -p 0 -o beginning -e -q | "
            "python3 -c \"import csv,sys; w=csv.writer(sys.stdout); "
            "[w.writerow((r+['']*7)[:7]) for r in csv.reader(sys.stdin)]\" | "
            f"psql -q '{url}' -c '\\copy peer_staged FROM STDIN CSV'", shell=True, check=True)
        subprocess.run(["psql", "-q", url, "-c", PEER], check=True)
        seconds = time.monotonic() - began
        print(f"peer (kcat, \\copy, one upsert): {self.options.rows / seconds:,.0f} rows/s",
              flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=300000)
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--loaders", type=int, default=1)
    parser.add_argument("--sqlite", action="store_true")
    parser.add_argument("--peer", action="store_true")
    parser.add_argument("--warm", action="store_true")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE",
                        help="a setting of the services, as SLUICE_LEAD__SECONDS=4")
    Bench.options = parser.parse_args()
    suite = unittest.defaultTestLoader.loadTestsFromTestCase(Bench)
    sys.exit(0 if unittest.TextTestRunner(verbosity=0).run(suite).wasSuccessful() else 1)


if __name__ == "__main__":
    main()
