#!/usr/bin/env python3
"""Reading of CSV files told nothing, beside others, on Pollock's polluted files.

  dialect_peers.py build/release/bin/table_rows FOLDER [WEIGHTS.json [STEP]]

FOLDER has csv/ and clean/ (github.com/HPI-Information-Systems/Pollock: polluted_files). Pollock's
ten measures: success, and precision, recall and F1 of header, records and cells, here of the text
as it stands; the sum, over files alike and weighted. STEP: of the files row_*, which are much
alike, one in so many, standing for the others' weight too. DuckDB and CleverCSV where installed.
"""
import collections
import csv
import io
import json
import pathlib
import subprocess
import sys
import tempfile

csv.field_size_limit(1 << 30)


def read(text, **dialect):
    return list(csv.reader(io.StringIO(text, newline=""), **dialect))


def python_sniffer(path):
    text = open(path, encoding="utf-8-sig", newline="").read()
    return read(text, dialect=csv.Sniffer().sniff(text))


def clevercsv_rows(path):
    import clevercsv
    return clevercsv.read_table(str(path), encoding="utf-8")


def duckdb_rows(path):
    import duckdb
    with duckdb.connect(config={"threads": 1}) as connection:
        table = connection.read_csv(str(path), strict_mode=False, ignore_errors=True,
                                    null_padding=True, all_varchar=True)
        return [list(table.columns)] + [["" if cell is None else cell for cell in row]
                                        for row in table.fetchall()]


def measures(wanted, got):
    """Precision, recall and F1 of two lists as multisets."""
    if not wanted:
        return [1.0] * 3
    common = sum((collections.Counter(wanted) & collections.Counter(got)).values())
    if not common:
        return [0.0] * 3
    precision, recall = common / len(wanted), common / len(got)
    return [precision, recall, 2 * precision * recall / (precision + recall)]


def score(clean, rows):
    if rows is None:
        return 0.0
    if not clean:
        return 10.0
    got = [1.0] + measures(clean[0], rows[0] if rows else [])
    got += measures(["".join(row) for row in clean[1:]], ["".join(row) for row in rows[1:]])
    return sum(got + measures([c for row in clean for c in row], [c for row in rows for c in row]))


def ours(program, paths, folder):
    done = subprocess.run([program, folder], input="\n".join(map(str, paths)), text=True,
                          capture_output=True, check=True)
    for number, line in enumerate(done.stdout.splitlines()):
        table = pathlib.Path(folder, f"{number}.csv")
        text = open(table, encoding="utf-8", newline="").read() if table.exists() else None
        yield line.split("\t")[0], None if text is None else read(text)


def main():
    program, root = sys.argv[1], pathlib.Path(sys.argv[2])
    weights = json.loads(pathlib.Path(sys.argv[3]).read_text()) if len(sys.argv) > 3 else {}
    step = int(sys.argv[4]) if len(sys.argv) > 4 else 1
    paths = sorted((root / "csv").glob("*.csv"))
    rows = [path for path in paths if path.name.startswith("row_")]
    whole = [path for path in paths if not path.name.startswith("row_")]
    weights |= {path.name: weights.get(path.name, 0) * step for path in rows}
    paths = whole + rows[::step]
    peers = {"csv.Sniffer": python_sniffer, "CleverCSV": clevercsv_rows, "DuckDB": duckdb_rows}
    scores = collections.defaultdict(dict)
    with tempfile.TemporaryDirectory() as folder:
        for path, (verdict, rows) in zip(paths, ours(program, paths, folder)):
            clean = read(open(root / "clean" / path.name, encoding="utf-8-sig", newline="").read())
            scores["sluice"][path.name] = score(clean, rows if clean else [])
            if scores["sluice"][path.name] < 9.9 and not path.name.startswith("row_"):
                print(f"{scores['sluice'][path.name]:6.3f} {verdict} {path.name}")
            for peer, reader in peers.items():
                try:
                    got = reader(path)
                except ImportError:
                    continue
                except Exception:  # What a peer cannot read counts 0.
                    got = None
                scores[peer][path.name] = score(clean, got)
    total = sum(weights.get(path.name, 0) for path in paths)
    for peer, by_file in scores.items():
        shares = {name: step if name.startswith("row_") else 1 for name in by_file}
        simple = sum(v * shares[name] for name, v in by_file.items()) / sum(shares.values())
        weighted = sum(value * weights.get(name, 0) for name, value in by_file.items())
        groups = collections.defaultdict(list)
        for name, value in by_file.items():
            groups["_".join(name.split("_")[:2])].append(value)
        rows_alone = "  ".join(f"{name} {sum(values) / len(values):.2f}"
                               for name, values in groups.items() if name.startswith("row_"))
        print(f"{simple:.3f} {weighted / total if total else 0:.3f}  {peer}  {rows_alone}")


if __name__ == "__main__":
    main()
