"""`sluice inspect`: what it says of files, that its mapping is what an import does, that it refuses
what `cells` refuses, and that a large file costs it no more than a small one."""

import gzip
import json
import os
import resource
import subprocess
import unittest
import zipfile

import openpyxl

from e2e.program import BINARY, SOURCE, ImportTest, Program, environment

REFUSED = SOURCE / "tests/data/spreadsheets/refused"
HEADER = "序号,公司名称,联系人,联系人手机,业务员电话,邮箱,地址,客户类型,创建时间,备注"
ROWS = int(os.environ.get("TEST_SLUICE_ROWS", "100000"))
# CPU seconds: a loaded machine is no slower by these.
SECONDS = 1.0


def rows(count):
    return [f"{i},杭州示例{i}科技有限公司,王测,138{i:08},13800000009,"
            f"{'不是邮箱' if i % 10 == 3 else f'user{i}@example.com'},杭州市测试区样例路{i}号,甲,"
            "2024-01-05 10:00:00,好" for i in range(count)]


class Inspect(ImportTest):
    def setUp(self):
        super().setUp()
        self.program = Program(self.folder / "data")

    def write(self, name, text, encoding="utf-8"):
        path = self.folder / name
        path.write_bytes(text.encode(encoding))
        return path

    def inspect(self, path, *arguments):
        done = self.program.run("inspect", path, "--json", *arguments)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def customers(self, count=40, encoding="utf-8"):
        return self.write("customers.csv", "\n".join([HEADER, *rows(count)]) + "\n", encoding)

    def test_what_it_says_of_a_file(self):
        found = self.inspect(self.customers(encoding="gb18030"))
        self.assertEqual((found["format"], found["encoding"], found["delimiter"], found["quote"]),
                         ("delimited", "gb18030", ",", '"'))
        self.assertEqual((found["encoding_verdict"], found["header_row"], found["rows"]),
                         ("sure", 1, 40))
        self.assertEqual(found["rows_verdict"], "counted")
        columns = {column["header"]: column for column in found["columns"]}
        self.assertEqual({h: c["field"] for h, c in columns.items() if c["field"]},
                         {"公司名称": "name", "联系人": "contact_name", "联系人手机": "phone",
                          "邮箱": "email", "地址": "address", "备注": "note"})
        self.assertEqual([c["index"] for c in found["columns"]], list(range(1, 11)))
        self.assertEqual(columns["创建时间"]["kind"], "datetime")
        self.assertEqual(columns["序号"]["kind"], "sequence")
        self.assertEqual(columns["联系人手机"]["samples"][0], "13800000000")
        for column in found["columns"]:
            self.assertTrue(0 <= column["confidence"] <= 1)
            self.assertTrue(column["evidence"])
        self.assertEqual(columns["邮箱"]["fit"],
                         {"values": 40, "unfit": 4, "kept_in": "custom._unfit.email"})
        self.assertIn("4 of 40 are no e-mail address: kept in custom._unfit.email",
                      columns["邮箱"]["evidence"])
        self.assertEqual(found["custom"], ["序号", "业务员电话", "客户类型", "创建时间"])
        self.assertEqual(found["problems"], [])

    def test_its_mapping_is_what_an_import_without_one_does(self):
        path = self.customers()
        found = self.inspect(path, "--mapping-file", self.folder / "m.yaml")
        (self.folder / "m.json").write_text(json.dumps(found["mapping"], ensure_ascii=False))
        records = []
        for number, mapping in enumerate(((), ("--mapping", self.folder / "m.yaml"),
                                          ("--mapping", self.folder / "m.json"))):
            program = Program(self.folder / f"data{number}")
            code, summary = program.import_file(path, *mapping)
            self.assertEqual((code, summary["added"], summary["issue_counts"]),
                             (0, 40, {"invalid_email": 4}))
            records.append(program.records())
        self.assertEqual(records[0], records[1])
        self.assertEqual(records[0], records[2])
        self.assertEqual(dict(records[0][0][1])["业务员电话"], "13800000009")

    def test_what_a_person_knows_better(self):
        path = self.write("a.txt", "匯出\n公司#電話\n甲示例有限公司#+886 2 2700 0001\n", "big5")
        found = self.inspect(path, "--encoding", "big5", "--delimiter", "#", "--header-row", "2")
        self.assertEqual([c["header"] for c in found["columns"]], ["公司", "電話"])
        self.assertEqual((found["encoding"], found["delimiter"], found["header_row"]),
                         ("big5", "#", 2))
        for wrong in (("--encoding", "utf-9"), ("--delimiter", "ab"), ("--dataset", "nobody")):
            self.assertEqual(self.program.run("inspect", path, *wrong).returncode, 2, wrong)
        self.assertEqual(self.program.run("inspect", path, "--header-row", "99").returncode, 1)
        self.assertEqual(self.program.run("inspect", path, "--header-row", "-1").returncode, 2)
        for verb in ("inspect", "import"):
            done = self.program.run(verb, path, "--sheet", "客户")
            self.assertEqual(done.returncode, 1, done.stderr)
            self.assertIn("has no sheets", done.stderr)

    def test_a_file_without_a_header_is_explained(self):
        path = self.write("b.csv", "\n".join(rows(20)) + "\n")
        found = self.inspect(path)
        self.assertEqual(found["header_row"], 0)
        self.assertIn("header", found["problems"][0])
        kinds = {c["header"]: (c["kind"], c["field"]) for c in found["columns"]}
        self.assertEqual(kinds["column_2"], ("company_name", "name"))
        self.assertEqual(kinds["column_6"], ("email", "email"))
        done = self.program.run("inspect", path)
        self.assertIn("Not yet importable", done.stdout)

    def test_sheets_of_a_workbook_and_files_of_an_archive(self):
        book = openpyxl.Workbook()
        book.active.title = "说明"
        book.active.append(["本表由系统导出"])
        sheet = book.create_sheet("客户")
        sheet.append(["公司名称", "手机"])
        for i in range(10):
            sheet.append([f"示例{i}有限公司", 13800000000 + i])
        book.save(self.folder / "c.xlsx")
        found = self.inspect(self.folder / "c.xlsx", "--sheet", "客户")
        self.assertEqual((found["format"], found["sheet"], found["encoding"]),
                         ("workbook", "客户", None))
        self.assertEqual([s["name"] for s in found["sheets"]], ["说明", "客户"])
        self.assertEqual([c["field"] for c in found["columns"]], ["name", "phone"])
        self.assertEqual(found["rows"], 10)
        with zipfile.ZipFile(self.folder / "d.zip", "w") as archive:
            archive.write(self.customers(), "in/customers.csv")
            archive.write(self.folder / "c.xlsx", "c.xlsx")
        found = self.inspect(self.folder / "d.zip", "--member", "in/customers.csv")
        self.assertEqual((found["member"], found["rows"]), ("in/customers.csv", 40))

    def test_people_read_it_in_their_language(self):
        path = self.customers()
        english = self.program.run("inspect", path).stdout
        self.assertIn("Encoding: utf-8 (sure", english)
        self.assertIn("-> phone", english)
        chinese = Program(self.folder / "data", LC_ALL="zh_CN.UTF-8").run("inspect", path).stdout
        self.assertIn("编码：utf-8", chinese)
        self.assertIn("40 个值中有 4 个不是有效邮箱：保留在 custom._unfit.email", chinese)

    def test_refusals_are_those_of_cells(self):
        refused = 0
        for path in sorted(REFUSED.iterdir()):
            with self.subTest(file=path.name):
                done = self.program.run("inspect", path, "--json")
                # What lies behind the rows that are looked at is found by cells and import.
                if done.returncode == 0:
                    continue
                self.assertEqual(done.returncode, 1)
                self.assertTrue(path.name.startswith(json.loads(done.stderr)["code"]))
                refused += 1
        self.assertGreaterEqual(refused, 14)
        done = self.program.run("inspect", self.write("e.csv", ""), "--json")
        self.assertEqual(done.returncode, 1)
        self.assertIn("empty", json.loads(done.stderr)["message"])
        self.assertEqual(self.program.run("inspect", self.folder / "none.csv").returncode, 1)

    def expect_quick(self, path, *arguments):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run([BINARY, "inspect", path, "--json", *arguments], check=True,
                              env=environment(SLUICE_DATA_DIR=str(self.folder / "data")),
                              capture_output=True, timeout=60)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        print(f"{path.name}: {path.stat().st_size >> 20} MiB in {spent:.2f} CPU s")
        self.assertLess(spent, SECONDS)
        return json.loads(done.stdout)

    def large(self, name, head, block, opener=open):
        """A file of ROWS times 500 bytes or so, whose every block is the same."""
        path = self.folder / name
        with opener(path, "wb") as file:
            file.write(head)
            for _ in range(ROWS * 500 // len(block)):
                file.write(block)
        return path

    def test_a_large_text_is_answered_in_a_moment(self):
        block = ("\n".join(rows(10000)) + "\n").encode()
        found = self.expect_quick(self.large("f.csv", (HEADER + "\n").encode(), block))
        self.assertEqual(found["rows_verdict"], "estimated")
        self.assertLess(abs(found["rows"] / (ROWS * 500 // len(block) * 10000) - 1), 0.02)
        ascii_block = b"Sample Inc.,+1 212-555-0100,user@example.com\n" * 10000
        found = self.expect_quick(self.large("g.csv", b"company,phone,email\n", ascii_block))
        self.assertEqual(found["encoding_verdict"], "likely")
        lines = b'{"company":"Sample Inc.","email":"user@example.com"}\n' * 10000
        found = self.expect_quick(self.large("h.jsonl", b"", lines))
        self.assertTrue(found["read_in_part"])
        self.assertEqual([c["field"] for c in found["columns"]], ["name", "email"])
        packed = self.large("f.csv.gz", (HEADER + "\n").encode(), block, gzip.open)
        found = self.expect_quick(packed)
        self.assertEqual((found["read_in_part"], found["rows_verdict"]), (True, "at_least"))

    def test_a_large_workbook_is_answered_in_a_moment(self):
        book = openpyxl.Workbook(write_only=True)
        sheet = book.create_sheet("客户")
        sheet.append(["公司名称", "联系人", "手机", "邮箱"])
        for i in range(ROWS):
            sheet.append([f"示例{i}有限公司", f"王测{i}", 13800000000 + i, f"u{i}@example.com"])
        book.save(self.folder / "i.xlsx")
        found = self.expect_quick(self.folder / "i.xlsx")
        self.assertEqual([c["field"] for c in found["columns"]],
                         ["name", "contact_name", "phone", "email"])
        self.assertEqual(found["rows_verdict"], "at_least")


if __name__ == "__main__":
    unittest.main()
