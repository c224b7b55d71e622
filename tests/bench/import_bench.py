#!/usr/bin/env python3
"""Measures `sluice import` end to end: rows a second, CPU seconds a million rows, peak memory.

usage: import_bench.py [--rows N] [--runs N] [--program FILE] [--peers] [--file CSV] [--json]

Makes a file of customers with sown faults (10 % duplicates), imports it into a fresh data
directory, then imports it again, which must change nothing. CPU is told by stage: every stage is a
thread of its own. `--peers` does the same job with other means on the same file: sqlite3's own
`.import` with one cleaning upsert in SQL, and a Python script with phonenumbers and
email-validator.

The best of the runs is printed, and all of them with --json. Run it on a quiet machine.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from bench import peers  # noqa: E402
from oracle import sowing  # noqa: E402

STAGES = ("ingest", "clean", "map", "load", "control", "rocksdb")


class Sampler(threading.Thread):
    """Follows a process: CPU seconds by thread name, and the highest memory it has held."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.pid = pid
        self.cpu = {}
        self.peak_bytes = 0
        self.done = threading.Event()

    def run(self):
        while not self.done.wait(0.1):
            self.sample()

    def sample(self):
        tasks = pathlib.Path(f"/proc/{self.pid}/task")
        try:
            for task in tasks.iterdir():
                name = (task / "comm").read_text().strip().replace(":", " ").split()[0]
                nanoseconds = int((task / "schedstat").read_text().split()[0])
                self.cpu[task.name] = (name, nanoseconds / 1e9)
            for line in pathlib.Path(f"/proc/{self.pid}/status").read_text().splitlines():
                if line.startswith("VmHWM:"):
                    self.peak_bytes = int(line.split()[1]) * 1024
        except (FileNotFoundError, ProcessLookupError):
            pass

    def by_stage(self):
        total = dict.fromkeys(STAGES, 0.0)
        for name, seconds in self.cpu.values():
            if name in total:
                total[name] += seconds
        return total


def measure(command, rows):
    """Runs the command: what it cost and what it printed."""
    start = time.monotonic()
    errors = tempfile.TemporaryFile()
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=errors)
    sampler = Sampler(process.pid)
    sampler.start()
    printed = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.monotonic() - start
    sampler.done.set()
    sampler.join()
    # 3: done, some rows were rejected.
    if os.waitstatus_to_exitcode(status) not in (0, 3):
        errors.seek(0)
        raise SystemExit(f"{command[0]} failed with status {status}: {errors.read(2000).decode()}")
    errors.close()
    cpu = usage.ru_utime + usage.ru_stime
    return {
        "seconds": round(seconds, 2),
        "rows_per_second": round(rows / seconds),
        "cpu_seconds_per_million": round(cpu * 1e6 / rows, 2),
        "stages": {name: round(spent * 1e6 / rows, 2)
                   for name, spent in sampler.by_stage().items()},
        "peak_megabytes": max(sampler.peak_bytes, usage.ru_maxrss * 1024) // 1_000_000,
    }, printed.decode()


def import_twice(program, file, rows):
    """The first import, and the second, which changes nothing."""
    with tempfile.TemporaryDirectory(prefix="sluice-bench-") as data:
        command = [str(program), "import", str(file), "--data-dir", data, "--json"]
        first, printed = measure(command, rows)
        summary = json.loads(printed.splitlines()[-1])
        if summary["rows"] != rows:
            raise SystemExit(f"{summary['rows']} rows were imported, not {rows}")
        second, printed = measure(command, rows)
        again = json.loads(printed.splitlines()[-1])
        if again["added"] != 0 or again["updated"] != 0:
            raise SystemExit("the second import changed something")
    return first, second


def best(runs):
    return max(runs, key=lambda run: run["rows_per_second"])


def show(name, run):
    stages = "  ".join(f"{stage} {spent:.1f}" for stage, spent in run.get("stages", {}).items()
                       if spent > 0)
    print(f"{name:42} {run['rows_per_second']:>9,} rows/s  "
          f"{run['cpu_seconds_per_million']:6.1f} CPU-s/M  {run['peak_megabytes']:>5} MB"
          + (f"  ({stages})" if stages else ""), flush=True)


def main():
    parser = argparse.ArgumentParser(description="Measures sluice import end to end.")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--program", default=str(ROOT / "build/release/bin/sluice"))
    parser.add_argument("--file", help="a file made by tests/e2e/generate.py with --rows rows")
    parser.add_argument("--peers", action="store_true")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="sluice-bench-") as place:
        file = pathlib.Path(asked.file) if asked.file else pathlib.Path(place) / "customers.csv"
        if not asked.file:
            options = sowing.Options(rows=asked.rows, seed=3)
            sowing.write(file, options, sowing.Sower(options))
        results = {"sluice import": [], "sluice import, the same file again": []}
        for _ in range(asked.runs):
            first, second = import_twice(asked.program, file, asked.rows)
            results["sluice import"].append(first)
            results["sluice import, the same file again"].append(second)
            print(f"run: {first['rows_per_second']:,} rows/s, again "
                  f"{second['rows_per_second']:,} rows/s", file=sys.stderr)
        if asked.peers:
            for name, command in peers.commands(file, pathlib.Path(place), ROOT / "build/peers"):
                run, _ = measure(command, asked.rows)
                run.pop("stages")
                results[name] = [run]
        if asked.json:
            print(json.dumps(results))
            return
        for name, runs in results.items():
            show(name, best(runs))


if __name__ == "__main__":
    main()
