"""What is given back to be mended: `rows --format xlsx`, and the template to begin with."""

import csv
import json
import re
import subprocess
import zipfile

from e2e.program import ImportTest, Program

HEADER = ["客户名称", "联系电话", "邮箱地址", "等级"]
REJECTED, WARNED = "FFF4B6B6", "FFFDE9A9"
USAGE = 2
# What a workbook must hold as text: nothing is a formula, nothing is lost.
NASTY = ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "0013", "13800138000123456789",
         "_x000D_", "_x005F_x000D_", "a_x41_b", "a\x01b", "a\tb", "'quoted", "<b>&amp;</b>",
         "😀中文", "  blanks  ", "1.50"]


class Results(ImportTest):
    def setUp(self):
        super().setUp()
        self.program = Program(self.folder / "data")
        self.chinese = Program(self.program.data_dir)
        self.chinese.environment["LC_ALL"] = "zh_CN.UTF-8"

    def write(self, name, rows):
        path = self.folder / name
        with path.open("w", encoding="utf-8", newline="") as out:
            csv.writer(out).writerows([HEADER, *rows])
        return path

    def workbook(self, program, *arguments):
        path = self.folder / "rows.xlsx"
        done = program.run("rows", "last", "--format", "xlsx", "--output", path, *arguments)
        self.assertEqual(done.returncode, 0, done.stderr)
        return path

    def cells(self, path):
        """By sheet: rows of texts."""
        done = self.program.run("cells", path)
        self.assertEqual(done.returncode, 0, done.stderr)
        sheets = {}
        for line in done.stdout.splitlines():
            cell = json.loads(line)
            self.assertEqual(cell["type"], "string")
            rows = sheets.setdefault(cell["sheet"], [])
            while len(rows) <= cell["row"]:
                rows.append([])
            row = rows[cell["row"]]
            row += [""] * (cell["col"] + 1 - len(row))
            row[cell["col"]] = cell["text"]
        return sheets

    def fills(self, path):
        """Fill colours of the first sheet by cell name."""
        with zipfile.ZipFile(path) as parts:
            styles = parts.read("xl/styles.xml").decode()
            sheet = parts.read("xl/worksheets/sheet1.xml").decode()
            self.assertNotIn("<f>", sheet)
        fills = [re.search(r'fgColor rgb="(\w+)"', fill)
                 for fill in re.findall(r"<fill>(.*?)</fill>", styles)]
        formats = [int(number) for number in re.findall(
            r'fillId="(\d+)"', re.search(r"<cellXfs.*?</cellXfs>", styles, re.DOTALL)[0])]
        found = {}
        for name, style in re.findall(r'<c r="(\w+)" s="(\d+)"', sheet):
            fill = fills[formats[int(style)]]
            found[name] = fill[1] if fill else None
        return found

    def test_bad_cells_are_coloured_and_the_reason_stands_beside_them(self):
        path = self.write("rows.csv", [["甲公司", "13800138000", "a@x.example", "1"],
                                       ["", "13800138001", "b@x.example", "2"],
                                       ["丙公司", "12", "no mail", "3"],
                                       ["丁公司", "0512-62888888", "d@x.example", "4"]])
        self.program.import_file(path)
        english = self.workbook(self.program, "--with-issues")
        rows = self.cells(english)["Rows"]
        self.assertEqual(rows[0], [*HEADER, "Sluice row", "Sluice outcome", "Sluice reason"])
        self.assertEqual(rows[1][4:], ["3", "rejected", "客户名称: this field must be filled in"])
        self.assertEqual(rows[2][4:], ["4", "imported", "联系电话: not a valid phone number; "
                                       "邮箱地址: not a valid e-mail address"])
        self.assertEqual(rows[3][4:], ["5", "imported", "联系电话: the phone number was put into "
                                       "its usual form"])
        fills = self.fills(english)
        self.assertEqual([fills.get(name) for name in ("A2", "B2", "B3", "C3", "B4")],
                         [REJECTED, None, WARNED, WARNED, None])
        self.assertEqual(self.cells(english)["Reasons"][1:],
                         [["invalid_email", "not a valid e-mail address", "1"],
                          ["invalid_phone", "not a valid phone number", "1"],
                          ["phone_formatted", "the phone number was put into its usual form", "1"],
                          ["required_missing", "this field must be filled in", "1"]])
        rows = self.cells(self.workbook(self.chinese))["待修改的行"]
        self.assertEqual(rows[0][4:], ["Sluice 行号", "Sluice 结果", "Sluice 原因"])
        self.assertEqual([row[4:] for row in rows[1:]], [["3", "拒绝", "客户名称：必填项为空"]])

    def test_mended_and_sent_back_it_is_the_rows_alone(self):
        path = self.write("rows.csv", [["", "13800138001", "", text] for text in NASTY])
        self.program.import_file(path)
        for program in (self.program, self.chinese):
            workbook = self.workbook(program)
            rows = next(iter(self.cells(workbook).values()))[1:]
            self.assertEqual([row[3] for row in rows], NASTY)
        # As a person would: a name in each row, the rest as it was.
        with zipfile.ZipFile(workbook) as parts:
            held = {name: parts.read(name) for name in parts.namelist()}
        sheet = held["xl/worksheets/sheet1.xml"].decode()
        for row in range(2, len(NASTY) + 2):
            sheet, count = re.subn(rf'<c r="A{row}"( s="\d+")/>', rf'<c r="A{row}"\1 t="inlineStr">'
                                   rf"<is><t>公司{row}</t></is></c>", sheet)
            self.assertEqual(count, 1)
        held["xl/worksheets/sheet1.xml"] = sheet.encode()
        mended = self.folder / "mended.xlsx"
        with zipfile.ZipFile(mended, "w", zipfile.ZIP_DEFLATED) as parts:
            for name, data in held.items():
                parts.writestr(name, data)
        code, summary = self.program.import_file(mended)
        self.assertEqual((code, summary["added"]), (0, len(NASTY)))
        done = self.program.run("records", "customers")
        custom = [json.loads(line)["custom"] for line in done.stdout.splitlines()]
        self.assertEqual([set(entry) for entry in custom], [{"等级"}] * len(NASTY))
        # What no text has, and blanks at the ends, are repaired.
        self.assertEqual([entry["等级"] for entry in custom],
                         [text.strip().replace("\x01", "") for text in NASTY])

    def test_the_csv_sent_back_is_the_rows_alone(self):
        path = self.write("rows.csv", [["", "13800138001", "", text] for text in NASTY])
        self.program.import_file(path)
        listed = self.program.run("rows", "last", "--format", "csv").stdout
        mended = self.folder / "mended.csv"
        table = list(csv.reader(listed.lstrip("\ufeff").splitlines(keepends=True)))
        for number, row in enumerate(table[1:]):
            row[7] = f"公司{number}"
        with mended.open("w", encoding="utf-8", newline="") as out:
            csv.writer(out).writerows(table)
        code, summary = self.program.import_file(mended)
        self.assertEqual((code, summary["added"]), (0, len(NASTY)))
        records = self.program.run("records", "customers").stdout.splitlines()
        self.assertEqual([set(json.loads(line)["custom"]) for line in records],
                         [{"等级"}] * len(NASTY))

    def test_mended_in_several_rounds_nothing_of_sluice_becomes_data(self):
        path = self.write("rows.csv", [["", f"1380013800{i}", "", ""] for i in range(3)])
        self.program.import_file(path)
        headers = []
        for number in range(3):
            workbook = next(iter(self.cells(self.workbook(self.program)).values()))
            self.assertEqual(workbook[0], [*HEADER, "Sluice row", "Sluice outcome",
                                           "Sluice reason"])
            listed = self.program.run("rows", "last", "--format", "csv").stdout
            table = list(csv.reader(listed.lstrip("\ufeff").splitlines()))
            headers.append(table[0])
            self.assertEqual(len(table), 4 - number)
            table[1][7] = f"公司{number}"
            path = self.folder / f"round{number}.csv"
            with path.open("w", encoding="utf-8", newline="") as out:
                csv.writer(out).writerows(table)
            _, summary = self.program.import_file(path)
            self.assertEqual((summary["added"], summary["rejected"]), (1, 2 - number))
        self.assertEqual(headers[1:], headers[:1] * 2)
        records = [json.loads(line)
                   for line in self.program.run("records", "customers").stdout.splitlines()]
        self.assertEqual([(record["name"], record["external_id"], record["custom"])
                          for record in records], [(f"公司{i}", None, None) for i in range(3)])

    def test_values_that_no_workbook_holds_are_cut_and_all_else_stays(self):
        long = "长" * 40000
        path = self.write("rows.csv", [["", "", "", long], ["", "", "", "next"]])
        self.program.import_file(path)
        rows = next(iter(self.cells(self.workbook(self.program)).values()))
        self.assertEqual([len(rows[1][3]), rows[2][3]], [32767, "next"])

    def test_to_stdout_and_to_places_that_are_not_there(self):
        path = self.write("rows.csv", [["", "1", "", ""]])
        self.program.import_file(path)
        done = subprocess.run(self.program.command("rows", "last", "--format", "xlsx"),
                              env=self.program.environment, capture_output=True, check=True)
        self.assertTrue(done.stdout.startswith(b"PK"))
        nowhere = self.program.run("rows", "last", "--format", "xlsx", "--output",
                                   self.folder / "none" / "rows.xlsx")
        self.assertNotEqual(nowhere.returncode, 0)
        self.assertIn("cannot write", nowhere.stderr)
        csv_out = self.program.run("rows", "last", "--format", "csv", "--output", "x")
        self.assertEqual(csv_out.returncode, USAGE)

    def test_a_template_is_filled_and_imported(self):
        for program, sheet in ((self.program, "Customers"), (self.chinese, "客户")):
            template = self.folder / "template.xlsx"
            done = program.run("template", "customers", "--output", template)
            self.assertEqual(done.returncode, 0, done.stderr)
            header = self.cells(template)[sheet][0]
            with zipfile.ZipFile(template) as parts:
                self.assertIn("<dataValidation ", parts.read("xl/worksheets/sheet1.xml").decode())
            # Nothing in it is a row: it is refused or empty until it is filled.
            code, summary = program.import_file(template)
            self.assertEqual((code, summary["rows"]), (0, 0))
            listed = program.run("template", "customers", "--format", "csv")
            self.assertEqual(next(csv.reader([listed.stdout.lstrip("\ufeff")])), header)
            filled = self.folder / "filled.csv"
            with filled.open("w", encoding="utf-8", newline="") as out:
                csv.writer(out).writerows([header, [f"{name}-1" for name in header]])
            _, summary = program.import_file(filled)
            self.assertEqual(summary["rows"], 1)
        self.assertEqual(self.program.run("template", "nothing").returncode, USAGE)

    def test_a_template_offers_the_options_of_a_dataset(self):
        datasets = self.program.data_dir / "datasets"
        datasets.mkdir(parents=True)
        (datasets / "leads.yaml").write_text(
            "name: leads\nlabel: {zh: 线索, en: Leads}\nidentity: [[name]]\nfields:\n"
            "  - {name: name, type: text, label: {zh: 名称, en: Name}, required: true}\n"
            "  - {name: level, type: picklist, label: {zh: 等级, en: Level}, options: [甲, 乙]}\n",
            encoding="utf-8")
        template = self.folder / "template.xlsx"
        done = self.program.run("template", "leads", "--output", template)
        self.assertEqual(done.returncode, 0, done.stderr)
        with zipfile.ZipFile(template) as parts:
            sheet = parts.read("xl/worksheets/sheet1.xml").decode()
        self.assertIn('type="list"', sheet)
        self.assertIn("甲,乙", sheet)
        self.assertIn("Must be filled", sheet)


