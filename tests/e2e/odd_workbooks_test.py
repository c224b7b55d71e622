"""Workbooks as other programs, or people with intentions, write them: made here from sound ones."""

import json
import pathlib
import struct
import tempfile
import time
import unittest
import zipfile

from e2e.cells_test import BOOKS, SECONDS, cells, run
from testing import workbook_writer as writer

CODE_PAGE, FONT, DIMENSIONS, SHEET = 0x42, 0x31, 0x200, 0x85
ODS = """<?xml version="1.0"?><office:document-content
xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"
xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:spreadsheet>"""
ODS_END = "</office:spreadsheet></office:body></office:document-content>"
KIND = "application/vnd.oasis.opendocument.spreadsheet"


def records(data):
    """Type and content of each record of BIFF, from byte 0."""
    at = 0
    while at < len(data):
        kind, size = struct.unpack_from("<HH", data, at)
        yield kind, data[at + 4:at + 4 + size]
        at += 4 + size


def written(listed):
    return b"".join(struct.pack("<HH", kind, len(data)) + data for kind, data in listed)


class OddWorkbooks(unittest.TestCase):
    maxDiff = 2000

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="sluice-test-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def ods(self, tables):
        path = self.folder / "book.ods"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
            book.writestr("mimetype", KIND)
            book.writestr("content.xml", ODS + tables + ODS_END)
        return path

    def timed(self, path):
        begun = time.monotonic()
        done = run(path)
        self.assertLess(time.monotonic() - begun, SECONDS)
        return done

    def test_thousands_of_sheets_in_one_part_take_no_longer_than_their_cells(self):
        row = ("<table:table-row><table:table-cell office:value-type='string'><text:p>{}</text:p>"
               "</table:table-cell></table:table-row>")
        path = self.ods("".join(f"<table:table table:name='S{i}'>{row.format(i) * 20}</table:table>"
                                for i in range(4000)))
        done = self.timed(path)
        self.assertEqual(done.returncode, 0, done.stderr)
        found = [json.loads(line) for line in done.stdout.splitlines()]
        self.assertEqual(len(found), 80_000)
        self.assertTrue(all(cell["sheet"] == f"S{cell['value']}" for cell in found))
        # One that is read out of turn.
        last = [json.loads(line) for line in run(path, "--sheet", "S3999").stdout.splitlines()]
        self.assertEqual(last, found[-20:])

    def test_a_text_that_is_given_as_a_value_is_that(self):
        path = self.ods("<table:table table:name='S'><table:table-row><table:table-cell "
                        "office:value-type='string' office:string-value='one&#10;two'>"
                        "<text:p>one two</text:p></table:table-cell></table:table-row>"
                        "</table:table>")
        self.assertEqual([(c["value"], c["text"]) for c in cells(path)], [("one\ntwo",) * 2])

    def sheets(self, change):
        """A workbook of sheets 一 and 二 whose list of sheets `change` has gone over."""
        path = self.folder / "book.xlsx"
        made = writer.parts([("一", "", writer.text_rows([["a"]])),
                             ("二", "", writer.text_rows([["b"]]))])
        made["xl/workbook.xml"] = change(made["xl/workbook.xml"])
        writer.write(path, made)
        return path

    def test_two_sheets_that_are_one_part_are_refused(self):
        done = self.timed(self.sheets(lambda text: text.replace('r:id="rId2"', 'r:id="rId1"')))
        self.assertEqual(done.returncode, 1)
        self.assertIn("two of its sheets are one part", done.stderr.decode())

    def test_a_sheet_without_a_part_has_not_the_rows_of_another(self):
        path = self.sheets(lambda text: text.replace('r:id="rId1"', 'r:id=""'))
        self.assertEqual([(c["sheet"], c["value"]) for c in cells(path)], [("二", "b")])

    def test_fonts_tell_the_code_page_that_nothing_else_tells(self):
        listed = list(records((BOOKS / "biff5.xls").read_bytes()))
        chinese = bytes(12) + b"\x86" + bytes(2)
        font = [(FONT, chinese) if kind == CODE_PAGE else (kind, data) for kind, data in listed]
        self.expect_moved(font, len(chinese) - 2)

    def test_a_sheet_may_be_said_to_begin_behind_its_beginning(self):
        listed = list(records((BOOKS / "biff5.xls").read_bytes()))
        begin = [i for i, (kind, _) in enumerate(listed) if kind == listed[0][0]][1]
        listed.insert(begin + 1, (DIMENSIONS, bytes(10)))
        self.expect_moved(listed, 4 + len(listed[begin][1]))

    def expect_moved(self, listed, by):
        """The cells are as they were, when the place of the sheet is moved."""
        moved = [(kind, struct.pack("<I", struct.unpack_from("<I", data)[0] + by) + data[4:])
                 if kind == SHEET else (kind, data) for kind, data in listed]
        path = self.folder / "book.xls"
        path.write_bytes(written(moved))
        self.assertEqual(cells(path), cells(BOOKS / "biff5.xls"))
