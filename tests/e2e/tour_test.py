"""docs/tour.md is what really happens: its commands are run, and print what stands there."""

import os
import re
import shlex
import shutil
import subprocess

from e2e.program import BINARY, SOURCE, ImportTest, environment

TOUR = SOURCE / "docs" / "tour.md"
SAMPLES = SOURCE / "deploy" / "sample"
# What differs from run to run.
VARYING = [(re.compile(r"\b[0-9a-hjkmnp-tv-z]{26}\b"), "ID"),
           (re.compile(r"\b[0-9a-f]{32}\b"), "HASH"),
           (re.compile(r"\b01[0-9a-hjkmnp-tv-z]{8}\b"), "ID"),
           (re.compile(r"\d+\.\d (s\b|秒)"), "TIME"),
           (re.compile(r"(?m)^(Data: |数据目录：).*$"), r"\1DIRECTORY")]


def settled(text):
    for pattern, name in VARYING:
        text = pattern.sub(name, text)
    return text.rstrip()


def steps():
    """(command, what it prints) in the order of the page."""
    for block in re.findall(r"```\n(\$ .*?)```", TOUR.read_text(encoding="utf-8"), re.DOTALL):
        for step in re.split(r"(?m)^\$ ", block)[1:]:
            command, _, printed = step.partition("\n")
            yield command, printed


class Tour(ImportTest):
    def test_the_commands_print_what_the_page_says(self):
        for name in ("fair.xlsx", "fair-mended.csv"):
            shutil.copy(SAMPLES / name, self.folder / name)
        settings = environment(SLUICE_DATA_DIR=str(self.folder / "data"))
        confirmed, seen = "", 0
        for command, printed in steps():
            words = shlex.split(command)
            language = "C.UTF-8"
            if words[0].startswith("LANG="):
                language = words.pop(0).partition("=")[2]
            self.assertEqual(words[0], "sluice", command)
            # The hash is that of the dry run before.
            words = [confirmed if re.fullmatch("[0-9a-f]{32}", word) else word for word in words]
            done = subprocess.run([BINARY, *words[1:]], env={**settings, "LC_ALL": language},
                                  cwd=self.folder, capture_output=True, text=True, check=False,
                                  encoding="utf-8", timeout=60, stdin=subprocess.DEVNULL)
            self.assertEqual(settled(done.stdout + done.stderr), settled(printed), command)
            found = re.search(r"--confirm ([0-9a-f]{32})", done.stdout)
            confirmed = found[1] if found else confirmed
            seen += 1
        self.assertGreaterEqual(seen, 7)
        self.assertTrue(os.path.exists(self.folder / "mend.xlsx"))
