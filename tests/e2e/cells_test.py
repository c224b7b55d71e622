"""What `sluice cells` says of the workbooks of tests/data/spreadsheets: what is written down beside
them, and what readers that others wrote find in them; and that each refusal has its reason."""

import datetime
import json
import math
import resource
import subprocess
import time
import unittest

import openpyxl
import xlrd

from e2e.program import BINARY, SOURCE, environment

BOOKS = SOURCE / "tests/data/spreadsheets"
# What a hostile file may take.
SECONDS = 5
BYTES = 500 << 20


def run(*arguments):
    return subprocess.run([BINARY, "cells", *map(str, arguments)], env=environment(),
                          capture_output=True, check=False, timeout=60)


def cells(path):
    done = run(path)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.decode().splitlines()]


def moment(value):
    return datetime.datetime.fromisoformat(value)


def same(ours, theirs):
    """Whether a cell of ours is a value of openpyxl's."""
    kind, value = ours["type"], ours["value"]
    if isinstance(theirs, bool):
        return kind == "boolean" and value is theirs
    if isinstance(theirs, (int, float)):
        return kind == "number" and math.isclose(value, theirs, rel_tol=1e-15)
    if isinstance(theirs, datetime.datetime):
        return kind == "date" and abs(moment(value) - theirs).total_seconds() < 0.002
    if isinstance(theirs, datetime.timedelta):
        return kind == "duration" and abs(value - theirs.total_seconds()) < 0.002
    if isinstance(theirs, datetime.time):
        return kind == "time" and value[:8] == theirs.isoformat()[:8]
    # It leaves white space that Excel drops.
    return kind in ("string", "error") and value.strip() == theirs.strip()


class Cells(unittest.TestCase):
    maxDiff = 2000

    def test_every_workbook_holds_what_is_written_down(self):
        books = sorted(p for p in BOOKS.iterdir() if p.suffix in (".xlsx", ".xls", ".ods"))
        self.assertGreaterEqual(len(books), 9)
        for book in books:
            with self.subTest(book=book.name):
                expected = [json.loads(line) for line in
                            (BOOKS / f"{book.name}.jsonl").read_text("utf-8").splitlines()]
                self.assertEqual(cells(book), expected)

    def test_openpyxl_finds_the_same_in_every_cell(self):
        agreed = 0
        for name in ("strings.xlsx", "formats.xlsx", "formats-1904.xlsx"):
            book = openpyxl.load_workbook(BOOKS / name, data_only=True)
            ours = {(c["sheet"], c["row"], c["col"]): c for c in cells(BOOKS / name)}
            for sheet in book.worksheets:
                for cell in (cell for row in sheet.iter_rows() for cell in row):
                    place = (sheet.title, cell.row - 1, cell.column - 1)
                    if cell.value in (None, ""):
                        self.assertNotIn(place, ours)
                    elif not self.differs_on_purpose(ours[place], cell):
                        self.assertTrue(same(ours[place], cell.value),
                                        (name, cell.coordinate, ours[place], cell.value))
                        agreed += 1
        self.assertGreater(agreed, 350)

    @staticmethod
    def differs_on_purpose(ours, cell):
        """Dates before the first and after the last, 1900-02-29, elapsed time it does not know, and
        in the 1904 system what is below 1; escapes in strings, which it leaves."""
        value = cell.value
        if isinstance(value, str) and ("_x" in value or value == "#VALUE!"):
            return True
        if isinstance(value, (datetime.datetime, datetime.time)):
            return ours["type"] == "number" or ours["value"].startswith(
                ("1900-02-2", "1904-01-01", "1900-01-0"))
        # Built-in formats of Chinese dates, of which it knows nothing.
        return ours["type"] == "duration" or cell.column_letter in ("G", "P")

    def test_xlrd_finds_the_same_in_every_cell(self):
        book = xlrd.open_workbook(str(BOOKS / "compound.xls"))
        ours = {(c["sheet"], c["row"], c["col"]): c for c in cells(BOOKS / "compound.xls")}
        agreed = 0
        for sheet in book.sheets():
            for row in range(sheet.nrows):
                for column in range(sheet.ncols):
                    value = sheet.cell_value(row, column)
                    if sheet.cell_type(row, column) == xlrd.XL_CELL_DATE:
                        value = xlrd.xldate_as_datetime(value, book.datemode)
                    self.assertTrue(same(ours[sheet.name, row, column], value))
                    agreed += 1
        self.assertEqual(agreed, len(ours))

    def test_a_sheet_by_name_and_by_number(self):
        for sheet in ("无号", "2"):
            done = run(BOOKS / "odd.xlsx", "--sheet", sheet)
            self.assertEqual(len(done.stdout.splitlines()), 5)
        done = run(BOOKS / "odd.xlsx", "--sheet", "图表")
        self.assertEqual((done.returncode, done.stdout), (1, b""))
        self.assertIn("1 乱序, 2 无号, 3 空", done.stderr.decode())

    def test_refusals_have_their_reasons_and_cost_little(self):
        refused = sorted((BOOKS / "refused").iterdir())
        self.assertGreaterEqual(len(refused), 16)
        for path in refused:
            with self.subTest(file=path.name):
                begun = time.monotonic()
                done = run(path, "--json")
                self.assertLess(time.monotonic() - begun, SECONDS)
                self.assertEqual(done.returncode, 1)
                error = json.loads(done.stderr)
                # The file is named after the reason.
                self.assertTrue(path.name.startswith(error["code"]), error)
                self.assertIn(path.name, error["message"])
        used = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
        self.assertLess(used, BYTES)

    def test_text_files_have_cells_too_and_others_are_named(self):
        path = SOURCE / "docs/spreadsheets.md"
        self.assertEqual(run(path).returncode, 0)
        done = run(BINARY)
        self.assertEqual(done.returncode, 1)
        self.assertIn("program", done.stderr.decode())
