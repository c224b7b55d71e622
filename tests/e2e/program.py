"""Running the program under test: its own data directory, its own environment, no leftovers."""

import json
import os
import pathlib
import subprocess
import tempfile
import unittest

from oracle import sowing
from oracle.model import Import
from oracle.records import FIELDS

BINARY = os.environ.get("TEST_SLUICE_BINARY", "")
SOURCE = pathlib.Path(__file__).resolve().parents[2]


def environment(**settings):
    """This process's environment without settings of Sluice but the given ones."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("SLUICE_")}
    return {**kept, "LC_ALL": "C.UTF-8", **settings}


class Program:
    """The program on one data directory."""

    def __init__(self, data_dir, **settings):
        self.data_dir = pathlib.Path(data_dir)
        self.environment = environment(**settings)
        # What every import of it says.
        self.import_arguments = ()

    def command(self, *arguments):
        return [BINARY, *map(str, arguments), "--data-dir", str(self.data_dir)]

    def run(self, *arguments, timeout=300, **options):
        """The finished process, its output as text."""
        return subprocess.run(self.command(*arguments), env=self.environment, timeout=timeout,
                              capture_output=True, text=True, encoding="utf-8", check=False,
                              stdin=subprocess.DEVNULL, **options)

    def start(self, *arguments, **options):
        """The running process; the caller waits for it or kills it."""
        return subprocess.Popen(self.command(*arguments), env=self.environment,
                                stdin=subprocess.DEVNULL, **options)

    def import_file(self, path, *arguments, timeout=300):
        """Exit code and summary of an import; no summary is an error of the test."""
        done = self.run("import", path, "--yes", "--json", *self.import_arguments, *arguments,
                        timeout=timeout)
        try:
            return done.returncode, json.loads(done.stdout)
        except ValueError as error:
            raise AssertionError(
                f"exit {done.returncode}, no summary: {done.stdout!r} {done.stderr!r}") from error

    def imports(self):
        """All imports in the history, oldest first."""
        done = self.run("imports", "list", "--json")
        if done.returncode != 0:
            raise AssertionError(f"imports list: exit {done.returncode}: {done.stderr}")
        text = done.stdout.strip()
        listed = json.loads(text) if text.startswith("[") else [
            json.loads(line) for line in text.splitlines()]
        return sorted(listed, key=lambda entry: entry["import"])

    def records(self, dataset="customers", timeout=120):
        """What is in the sink: sorted tuples of values and custom pairs, as the oracle has them."""
        with tempfile.TemporaryFile() as out:
            command = self.command("records", dataset, "--format", "jsonl")
            done = subprocess.run(command, env=self.environment, timeout=timeout, stdout=out,
                                  stderr=subprocess.PIPE, check=False)
            if done.returncode != 0:
                raise AssertionError(f"records: exit {done.returncode}: {done.stderr!r}")
            out.seek(0)
            return sorted(as_oracle(json.loads(line)) for line in out)


def flat(custom, prefix=""):
    """Nested custom fields with dotted names."""
    pairs = {}
    for name, value in (custom or {}).items():
        if isinstance(value, dict):
            pairs.update(flat(value, f"{prefix}{name}."))
        elif value not in (None, ""):
            pairs[prefix + name] = value
    return pairs


def as_oracle(record):
    custom = record.get("custom")
    if isinstance(custom, str):
        custom = json.loads(custom)
    values = tuple(record.get(field) or "" for field in FIELDS)
    return values, tuple(sorted(flat(custom).items()))


class ImportTest(unittest.TestCase):
    """A test with a temporary folder, and comparisons that say what differs and not the rest."""

    maxDiff = 4000
    # What an import, and printing what is in the sink, may take.
    import_seconds = 300
    records_seconds = 120

    def setUp(self):
        self.assertTrue(BINARY and os.access(BINARY, os.X_OK),
                        "TEST_SLUICE_BINARY must name the program")
        folder = tempfile.TemporaryDirectory(prefix="sluice-test-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def sow(self, name, **options):
        """A file of customers with sown faults, and its rows."""
        options = sowing.Options(**options)
        rows = list(sowing.Sower(options))
        path = self.folder / name
        sowing.write(path, options, rows)
        return path, rows

    def import_and_compare(self, program, sink, path, rows, *arguments, **policies):
        """One import in the program and in the oracle; all that can be seen is the same."""
        expected = Import(sink, **policies).run(rows)
        code, summary = program.import_file(path, *arguments, timeout=self.import_seconds)
        self.expect_summary(summary, expected)
        self.expect_exit(code, expected)
        self.expect_records(program.records(timeout=self.records_seconds), sink.records())
        return summary

    def expect_summary(self, got, summary, state="completed"):
        """The reported summary equals the oracle's."""
        expected = {"state": state, **summary.as_dict()}
        shown = {key: got.get(key) for key in expected}
        shown["issue_counts"] = dict(sorted((shown["issue_counts"] or {}).items()))
        self.assertEqual(shown, expected)
        self.assertRegex(got["import"], "^[0-9a-hjkmnp-tv-z]{26}$")
        self.assertGreaterEqual(got["seconds"], 0)

    def expect_records(self, got, expected):
        """The sink's rows equal the oracle's."""
        if got == expected:
            return
        self.assertEqual(len(got), len(expected), "number of records in the sink")
        wrong = [pair for pair in zip(got, expected) if pair[0] != pair[1]]
        listed = "\n".join(f"sink   {a}\noracle {b}" for a, b in wrong[:5])
        self.fail(f"{len(wrong)} records differ; the first:\n{listed}")

    def expect_exit(self, code, summary):
        """0, or 3 if rows were rejected or need review."""
        held = summary.outcomes["rejected"] + summary.outcomes["review"]
        self.assertEqual(code, 3 if held else 0)
