#!/usr/bin/env python3
"""Checks that clang-format 14 would change nothing.

Usage: format_test.py SOURCE_DIR CLANG_FORMAT
"""

import pathlib
import subprocess
import sys


def main():
    root, clang_format = pathlib.Path(sys.argv[1]), sys.argv[2]
    files = sorted(str(p) for top in ("services", "tests") for p in (root / top).rglob("*")
                   if p.suffix in {".h", ".cc"})
    result = subprocess.run([clang_format, "--dry-run", "--Werror", *files],
                            capture_output=True, text=True, check=False)
    if result.returncode != 0:
        wrong = {line.split(":")[0] for line in result.stderr.splitlines() if ": error:" in line}
        print("run clang-format-14 -i on:", *sorted(wrong), sep="\n  ")
    sys.exit(result.returncode)


if __name__ == "__main__":
    main()
