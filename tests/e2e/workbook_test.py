"""Workbooks, and files in archives, are imported as the same rows in a CSV are; what is damaged
anywhere is refused before the first row."""

import csv
import gzip
import json
import zipfile

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

    def test_errors_lost_digits_and_scientific_notation_are_issues(self):
        header = "".join(f'<c t="inlineStr">{writer.inline(name)}</c>' for name in HEADER)
        body = (f'<sheetData><row r="1">{header}</row><row r="2">'
                f'<c r="A2" t="inlineStr">{writer.inline("甲公司")}</c>'
                f'<c r="B2" t="inlineStr">{writer.inline("1.38E+10")}</c>'
                '<c r="C2"><v>123456789012345678</v></c><c r="D2" t="e"><v>#REF!</v></c></row>'
                '</sheetData>')
        program = Program(self.folder / "data")
        code, summary = program.import_file(self.typed("doubt.xlsx", body))
        self.assertEqual((code, summary["added"]), (0, 1))
        self.assertEqual(summary["issue_counts"], {
            "digits_lost": 1, "error_value": 1, "invalid_phone": 1, "scientific_notation": 1})

    def test_formulas_without_a_result_are_issues_and_clear_nothing(self):
        header = "".join(f'<c t="inlineStr">{writer.inline(name)}</c>' for name in HEADER)
        mapping = self.folder / "clear.yaml"
        mapping.write_text("blank: clear\ncolumns:\n" + "".join(
            f"  - {{from: {name}, to: {field}}}\n" for name, field in zip(
                HEADER, ("name", "phone", "external_id", "note"))), encoding="utf-8")
        program = Program(self.folder / "data")
        for name, phone, date, expected in (
                ("given", "<v>13800138000</v>", "<v>45296</v>", {}),
                # As libraries write them; an empty text is a result.
                ("formulas", "<f>B1+1</f><v></v>", "<f>NA()</f>", {"not_computed": 2})):
            body = (f'<sheetData><row r="1">{header}</row><row r="2">'
                    f'<c r="A2" t="inlineStr">{writer.inline("甲公司")}</c><c r="B2">{phone}</c>'
                    f'<c r="C2"><v>7</v></c><c r="D2" s="2">{date}</c></row></sheetData>')
            code, summary = program.import_file(self.typed(f"{name}.xlsx", body), "--mapping",
                                                mapping)
            self.assertEqual((code, summary["issue_counts"]), (0, expected))
        self.assertEqual(summary["unchanged"], 1)
        record = json.loads(program.run("records", "customers").stdout)
        self.assertEqual((record["phone"], record["note"]), ("+8613800138000", "2024-01-05"))

    def test_ids_of_sixteen_digits_stay_apart(self):
        header = "".join(f'<c t="inlineStr">{writer.inline(name)}</c>' for name in HEADER)
        ids = ("1234567890123456", "1234567890123457", "9007199254740992")
        rows = "".join(f'<row r="{n}"><c r="A{n}" t="inlineStr">{writer.inline(f"公司{n}")}</c>'
                       f'<c r="C{n}"><v>{text}</v></c></row>' for n, text in enumerate(ids, 2))
        program = Program(self.folder / "data")
        code, summary = program.import_file(self.typed(
            "ids.xlsx", f'<sheetData><row r="1">{header}</row>{rows}</sheetData>'))
        self.assertEqual((code, summary["added"], summary["issue_counts"]),
                         (0, 3, {"digits_lost": 3}))
        self.assertEqual(tuple(record["external_id"] for record in map(json.loads, program.run(
            "records", "customers").stdout.splitlines())), ids)

    def test_what_is_said_of_a_file_is_how_it_is_imported(self):
        program = Program(self.folder / "data")
        odd = self.folder / "odd.txt"
        odd.write_bytes("客户名称~联系电话\n甲公司~13800138000\n".encode("gb18030"))
        said = ("--encoding", "gbk", "--delimiter", "~", "--header-row", "1")
        code, summary = program.import_file(odd, *said)
        self.assertEqual((code, summary["added"]), (0, 1))
        bare = self.folder / "bare.csv"
        bare.write_text("乙公司,13900139000\n丙公司,13900139001\n", encoding="utf-8")
        done = program.run("import", bare, "--yes")
        self.assertEqual(done.returncode, 1)
        self.assertIn("--header-row", done.stderr)
        mapping = self.folder / "bare.yaml"
        mapping.write_text('columns:\n  - {from: column_1, to: name}\n'
                           '  - {from: column_2, to: phone}\n', encoding="utf-8")
        code, summary = program.import_file(bare, "--header-row", "0", "--mapping", mapping)
        self.assertEqual((code, summary["added"]), (0, 2))
        self.assertEqual(sorted((r["name"], r["phone"]) for r in map(
            json.loads, program.run("records", "customers").stdout.splitlines())), sorted([
            ("甲公司", "+8613800138000"), ("乙公司", "+8613900139000"),
            ("丙公司", "+8613900139001")]))
        for wrong, words in ((("--encoding", "klingon"), "--encoding"),
                             (("--delimiter", ",,"), "--delimiter"),
                             (("--header-row", "9"), "9")):
            done = program.run("import", bare, "--yes", *wrong)
            self.assertNotEqual(done.returncode, 0)
            self.assertIn(words, done.stderr)

    def test_files_in_archives_are_the_files(self):
        rows = [HEADER, ("甲公司", "13800138000", "1", ""), ("乙公司", "", "2", "2024-01-05")]
        plain, book = self.folder / "rows.csv", self.folder / "rows.xlsx"
        with open(plain, "w", encoding="utf-8", newline="") as out:
            csv.writer(out).writerows(rows)
        writer.write_text(book, rows)
        with gzip.open(self.folder / "rows.csv.gz", "wb") as out:
            out.write(plain.read_bytes())
        for name, inside in (("one.zip", [book]), ("two.zip", [book, plain])):
            with zipfile.ZipFile(self.folder / name, "w", zipfile.ZIP_DEFLATED) as archive:
                archive.writestr("readme.md", "x")
                for path in inside:
                    archive.write(path, path.name)
        expected = None
        for number, arguments in enumerate((
                ["rows.csv"], ["rows.csv.gz"], ["one.zip"], ["two.zip", "--member", "rows.csv"])):
            program = Program(self.folder / f"data-{number}")
            code, summary = program.import_file(self.folder / arguments[0], *arguments[1:])
            self.assertEqual((code, summary["added"]), (0, 2), arguments)
            expected = expected or program.records()
            self.expect_records(program.records(), expected)
        done = Program(self.folder / "data").run("import", self.folder / "two.zip", "--yes")
        self.assertEqual(done.returncode, 1)
        for word in ("rows.csv", "rows.xlsx", "--member"):
            self.assertIn(word, done.stderr)
        (self.folder / "cut.csv.gz").write_bytes((self.folder / "rows.csv.gz").read_bytes()[:-20])
        done = Program(self.folder / "data").run("import", self.folder / "cut.csv.gz", "--yes")
        self.assertEqual(done.returncode, 1)
        self.assertIn("cut off", done.stderr)
