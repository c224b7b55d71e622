#!/usr/bin/env python3
"""Runs `buf lint` with the rules of proto/buf.yaml; exit 77 (skipped) where there is no buf.

Usage: proto_test.py SOURCE_DIR. tests/run puts buf into build/buf when there is npm.
"""

import pathlib
import shutil
import subprocess
import sys

SKIPPED = 77


def main():
    root = pathlib.Path(sys.argv[1]).resolve()
    installed = root / "build/buf/node_modules/.bin/buf"
    buf = str(installed) if installed.exists() else shutil.which("buf")
    if buf is None:
        print("there is no buf: not checked")
        return SKIPPED
    return subprocess.run([buf, "lint"], cwd=root / "proto", check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
