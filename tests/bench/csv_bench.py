"""How fast delimited files are read, beside DuckDB on one thread: each file by turns, the best of
several, every cell unescaped, and the sums of the cells' bytes compared column by column.

    python3 csv_bench.py CSV_CELLS [--megabytes 500] [--runs 3] [--folder DIR]

DuckDB comes from PyPI into a virtual environment beside the files.
"""

import argparse
import json
import pathlib
import subprocess
import tempfile
import venv

DUCKDB = "duckdb==2.0.0"
HEADER = "客户编号,客户名称,联系人,联系电话,邮箱地址,地址,备注"
# A cell that DuckDB reads as itself: no blanks at its ends, no empty one (NULL has no length).
KINDS = {
    "chinese": lambda n: (
        f"C{n:08d},上海云帆{n % 997}科技有限公司,张伟,{13800138000 + n % 99999999},"
        f"zhangwei{n}@example.com,上海市浦东新区世纪大道{n % 400}号,老客户"),
    "english": lambda n: (
        f"{n},Acme Trading {n % 997} Ltd,Jane Doe,+1650253{n % 10000:04d},jane.doe{n}@example.com,"
        f"{n % 1999} Amphitheatre Parkway,returning customer"),
    "quoted": lambda n: (
        f'"C{n:08d}","Acme Trading, {n % 997} Ltd","Jane Doe","+1650253{n % 10000:04d}",'
        f'"jane.doe{n}@example.com","{n % 1999} Amphitheatre\nParkway","says ""hi"" to {n}"'),
    "narrow": lambda n: f"{n % 7},{n % 89},{n % 3},{n % 10},{n % 4},{n % 6},{n % 5}",
}
READ = """
import duckdb, json, sys, time
path = sys.argv[1]
db = duckdb.connect()
db.execute("SET threads = 1")
db.execute("SET enable_progress_bar = false")
begun = time.monotonic()
columns = ["strlen(column%d)" % i for i in range(7)]
row = db.execute("SELECT count(*), " + ", ".join(f"sum({c})" for c in columns) +
    " FROM read_csv(?, header = false, skip = 1, all_varchar = true, delim = ',', quote = '\\"',"
    " escape = '\\"', parallel = false, columns = {" +
    ", ".join(f"'column{i}': 'VARCHAR'" for i in range(7)) + "})", [path]).fetchone()
print(json.dumps({"rows": row[0], "bytes": [int(b) for b in row[1:]],
                  "seconds": time.monotonic() - begun}))
"""


def write(path, kind, size):
    """Lines until the file has the size."""
    with path.open("w", encoding="utf-8", newline="") as out:
        out.write(HEADER + "\n")
        written = n = 0
        while written < size:
            block = "".join(KINDS[kind](i) + "\n" for i in range(n, n + 10000))
            n += 10000
            written += len(block.encode())
            out.write(block)


def measure(command):
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("csv_cells")
    parser.add_argument("--megabytes", type=int, default=500)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--folder")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(options.folder or scratch)
        folder.mkdir(parents=True, exist_ok=True)
        python = folder / "duckdb" / "bin" / "python"
        if not python.exists():
            venv.create(folder / "duckdb", with_pip=True)
            subprocess.run([python, "-m", "pip", "install", "--quiet", DUCKDB], check=True)
        for kind in KINDS:
            path = folder / f"{kind}.csv"
            if not path.exists():
                write(path, kind, options.megabytes << 20)
            commands = {"Sluice": [options.csv_cells, str(path)],
                        "DuckDB": [str(python), "-c", READ, str(path)]}
            runs = {name: [] for name in commands}
            for _ in range(options.runs):
                for name, command in commands.items():
                    runs[name].append(measure(command))
            ours, theirs = runs["Sluice"][0], runs["DuckDB"][0]
            if (ours["rows"], ours["bytes"]) != (theirs["rows"], theirs["bytes"]):
                raise SystemExit(f"{kind}: the cells differ: {ours} {theirs}")
            megabytes = path.stat().st_size / 1e6
            print(f"{kind}: {ours['rows']} rows, {megabytes:.0f} MB, cells alike; " + ", ".join(
                f"{name} {megabytes / min(r['seconds'] for r in each):.0f} MB/s"
                for name, each in runs.items()), flush=True)


if __name__ == "__main__":
    main()
