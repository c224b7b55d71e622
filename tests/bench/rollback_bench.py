#!/usr/bin/env python3
"""An import that updates half of its rows and creates the other half, and its rollback, one after
the other in one data directory.

  tests/bench/rollback_bench.py [--rows 1000000] [--binary build/release/bin/sluice] [--postgres]

`--postgres`: into a PostgreSQL that is started for it, and not into SQLite.
"""

import argparse
import atexit
import csv
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

SOURCE = pathlib.Path(__file__).resolve().parents[2]


def write(path, rows, note):
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["external_id", "name", "email", "phone", "note"])
        for i in range(rows):
            writer.writerow([f"c{i}", f"Name {i}", f"c{i}@example.com", f"138{i:08d}",
                             f"{note} {i % 7}"])


def start_postgres(binary):
    """What an import says of its sink; the server ends with this process."""
    os.environ["TEST_SLUICE_BINARY"] = str(binary)
    os.environ["SLUICE_POSTGRES__OWNER"] = "user=sluice_owner"
    sys.path.insert(0, str(SOURCE / "tests"))
    from testing.postgres_server import PostgresServer  # pylint: disable=import-outside-toplevel
    server = PostgresServer()
    atexit.register(server.close)
    return ["--sink", server.url(server.new_database())]


def run(*command):
    """Output, seconds, CPU seconds and peak memory in MB."""
    began = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    out = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        raise SystemExit(f"{command[1]}: exit {status}")
    return (json.loads(out), time.monotonic() - began, usage.ru_utime + usage.ru_stime,
            usage.ru_maxrss / 1024)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=1000000)
    parser.add_argument("--binary", default=SOURCE / "build/release/bin/sluice")
    parser.add_argument("--postgres", action="store_true")
    given = parser.parse_args()
    sink = start_postgres(given.binary) if given.postgres else []
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        write(folder / "first.csv", given.rows // 2, "one")
        write(folder / "second.csv", given.rows, "two")
        common = ["--json", "--data-dir", str(folder / "data")]
        run(given.binary, "import", folder / "first.csv", "--yes", *sink, *common)
        again = ["import", folder / "second.csv", "--yes"]
        for verb in (again, ["rollback", "last", "--dry-run"], ["rollback", "last"],
                     ["redo", "last"], again):
            where = sink if verb is again else []
            said, seconds, cpu, memory = run(given.binary, *verb, *where, *common)
            counts = said.get("rollback") or {k: said[k] for k in ("added", "updated", "unchanged")}
            print(f"{' '.join(map(str, verb[:1] + verb[2:]))}: {seconds:.1f} s, "
                  f"{given.rows / seconds:,.0f} rows/s, "
                  f"{cpu / given.rows * 1e6:.1f} CPU-s a million, {memory:.0f} MB, {counts}",
                  flush=True)


if __name__ == "__main__":
    main()
