"""Workbooks are imported as the same rows in a CSV are; what is damaged anywhere is refused before
the first row."""

import csv
import json

from e2e.program import ImportTest, Program
from testing import workbook_writer as writer

HEADER = ("客户名称", "联系电话", "客户编号", "注册日期")



class Workbooks(ImportTest):
    def both(self, rows, **settings):
        """Imports the rows from a CSV and from a workbook: summaries, and what is in the sinks."""
        with open(self.folder / "rows.csv", "w", encoding="utf-8", newline="") as out:
            csv.writer(out).writerows(rows)
        writer.write_text(self.folder / "rows.xlsx", rows)
        seen = []
        for name in ("rows.csv", "rows.xlsx"):
            program = Program(self.folder / f"data-{name}", **settings)
            _, summary = program.import_file(self.folder / name)
            shown = {k: v for k, v in summary.items() if k not in ("import", "seconds")}
            seen.append((shown, program.records()))
        return seen

    def test_a_workbook_equals_the_csv_of_its_cells(self):
        path, _ = self.sow("sown.csv", rows=5000, seed=71)
        with open(path, encoding="utf-8", newline="") as text:
            rows = list(csv.reader(text))
        width = len(rows[0])
        # A sheet has no short rows: what lies behind the last cell is blank.
        rows = [row + [""] * (width - len(row)) for row in rows]
        for settings in ({}, {"SLUICE_ORDERING__IMPORT_MAX": "1"}):
            text, workbook = self.both(rows, **settings)
            self.assertEqual(workbook[0], text[0])
            self.expect_records(workbook[1], text[1])

    def typed(self, name, body, sheets=()):
        path = self.folder / name
        writer.write(path, writer.parts(
            [*sheets, ("客户", "", body)], writer.styles([0, "000000", "yyyy-mm-dd"])))
        return path

    def test_numbers_are_phones_zeros_are_recovered_and_dates_are_dates(self):
        header = "".join(f'<c t="inlineStr">{writer.inline(name)}</c>' for name in HEADER)
        body = (f'<sheetData><row r="1">{header}</row><row r="3">'
                f'<c r="A3" t="inlineStr">{writer.inline("甲公司")}</c><c r="B3"><v>1.38001380E10</v>'
                '</c><c r="C3" s="1"><v>123</v></c><c r="D3" s="2"><v>45296</v></c></row>'
                '</sheetData>')
        note = ("说明", "", writer.text_rows([["读我"]]))
        hidden = ("旧", 'state="hidden"', writer.text_rows([HEADER, ["乙公司", "", "9", ""]]))
        path = self.typed("typed.xlsx", body, [hidden, note])
        program = Program(self.folder / "data")
        code, summary = program.import_file(path, "--sheet", "客户")
        self.assertEqual((code, summary["added"], summary["issues"]), (0, 1, 0))
        done = program.run("records", "customers", "--format", "jsonl")
        record = json.loads(done.stdout)
        self.assertEqual(
            (record["name"], record["phone"], record["external_id"], record["custom"]["注册日期"]),
            ("甲公司", "+8613800138000", "000123", "2024-01-05"))
        # By number too; hidden sheets are counted as the tabs are.
        code, summary = program.import_file(path, "--sheet", "3", "--new")
        self.assertEqual((code, summary["unchanged"]), (0, 1))

    def test_damage_behind_the_first_rows_is_refused_before_any_is_imported(self):
        rows = [HEADER] + [[f"公司{i}", "", str(i), ""] for i in range(5000)]
        path = self.folder / "cut.xlsx"
        parts = writer.parts([("客户", "", writer.text_rows(rows))])
        parts["xl/worksheets/sheet1.xml"] = parts["xl/worksheets/sheet1.xml"][:-40]
        writer.write(path, parts)
        program = Program(self.folder / "data")
        done = program.run("import", path, "--yes", "--json")
        self.assertEqual(done.returncode, 1)
        self.assertIn("not well-formed", done.stderr)
        self.assertEqual(program.imports(), [])
