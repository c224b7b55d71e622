#!/usr/bin/env python3
"""Writes a customer file with sown faults, and what an import of it must say, for use by hand.

usage: generate.py [--rows N] [--seed S] [--encoding E] [--delimiter D] [--line-end crlf|lf]
                   [--on-duplicate P] [--in-file P] FILE.csv [EXPECTED.json]

EXPECTED.json: {"first": summary, "second": summary of the same import again, "records": [...]}
"""

import argparse
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from oracle import sowing  # noqa: E402
from oracle.model import Import, Sink  # noqa: E402
from oracle.records import FIELDS  # noqa: E402


def main():
    parser = argparse.ArgumentParser(description="Writes a customer file with sown faults.")
    parser.add_argument("--rows", type=int, default=20000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--encoding", default="utf-8")
    parser.add_argument("--delimiter", default=",")
    parser.add_argument("--line-end", choices=("crlf", "lf"), default="crlf")
    parser.add_argument("--on-duplicate", default="update")
    parser.add_argument("--in-file", default="merge")
    parser.add_argument("file")
    parser.add_argument("expected", nargs="?")
    asked = parser.parse_args()
    options = sowing.Options(rows=asked.rows, seed=asked.seed, encoding=asked.encoding,
                             delimiter=asked.delimiter,
                             line_end="\r\n" if asked.line_end == "crlf" else "\n")
    if asked.expected is None:
        # Row by row: such a file may be larger than the memory.
        sowing.write(asked.file, options, sowing.Sower(options))
        return
    rows = list(sowing.Sower(options))
    sowing.write(asked.file, options, rows)
    sink = Sink()
    first = Import(sink, asked.on_duplicate, asked.in_file).run(rows)
    records = [{**dict(zip(FIELDS, values)), "custom": dict(custom)}
               for values, custom in sink.records()]
    second = Import(sink, asked.on_duplicate, asked.in_file).run(rows)
    with open(asked.expected, "w", encoding="utf-8") as out:
        json.dump({"first": first.as_dict(), "second": second.as_dict(), "records": records}, out,
                  ensure_ascii=False)


if __name__ == "__main__":
    main()
