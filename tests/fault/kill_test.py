"""kill -9 at random moments of an import, then the same command again: every row exactly once.

TEST_SLUICE_KILLS and TEST_SLUICE_ROWS set the size, TEST_SLUICE_SEED repeats a run; the seed is
printed.
"""

import json
import os
import random
import subprocess
import time
import unittest

from e2e.program import ImportTest, Program
from oracle import sowing
from oracle.model import Import, Sink

KILLS = int(os.environ.get("TEST_SLUICE_KILLS", "5"))
ROWS = int(os.environ.get("TEST_SLUICE_ROWS", "30000"))
SEED = int(os.environ.get("TEST_SLUICE_SEED", "0")) or random.SystemRandom().randrange(1, 1 << 32)


class Kills(ImportTest):
    def setUp(self):
        super().setUp()
        options = sowing.Options(rows=ROWS, seed=61)
        rows = list(sowing.Sower(options))
        self.path = self.folder / "customers.csv"
        sowing.write(self.path, options, rows)
        sink = Sink()
        self.first = Import(sink).run(rows)
        self.expected_records = sink.records()
        self.second = Import(sink).run(rows)

    def import_killed_after(self, program, delay):
        """True if the process was killed; False if it had ended before."""
        process = program.start("import", self.path, "--yes", "--json",
                                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            process.wait(timeout=delay)
            return False
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            return True

    def undisturbed_seconds(self):
        program = Program(self.folder / "undisturbed")
        begin = time.monotonic()
        code, summary = program.import_file(self.path, timeout=600)
        seconds = time.monotonic() - begin
        self.expect_exit(code, self.first)
        self.expect_summary(summary, self.first)
        return seconds

    def expect_exactly_once(self, program):
        """The first import is complete with the right counts, whatever was killed.

        A kill after the end and before the summary makes the next command a new import: those
        change nothing.
        """
        history = program.imports()
        self.expect_summary(history[0], self.first)
        for again in history[1:]:
            self.expect_summary(again, self.second)
        self.expect_records(program.records(), self.expected_records)

    def test_every_row_is_there_once_after_any_kills(self):
        rng = random.Random(SEED)
        duration = self.undisturbed_seconds()
        print(f"seed {SEED}, {ROWS} rows, {KILLS} kills within {duration:.2f} s", flush=True)
        killed = series = 0
        while killed < KILLS:
            series += 1
            program = Program(self.folder / f"data-{series}")
            delays = []
            # A series ends when an import ends by itself; enough kills end it too.
            while killed < KILLS and len(delays) < 20:
                delays.append(rng.uniform(0, duration))
                if not self.import_killed_after(program, delays[-1]):
                    break
                killed += 1
            with self.subTest(seed=SEED, series=series, delays=json.dumps(delays)):
                program.import_file(self.path, timeout=600)
                self.expect_exactly_once(program)
        print(f"{killed} kills in {series} imports", flush=True)


if __name__ == "__main__":
    unittest.main()
