"""What bad files, mappings, settings and a bad world get: a message in plain words, the exit code,
and nothing lost or half done."""

import contextlib
import fcntl
import json
import os
import pathlib
import pty
import random
import shutil
import sqlite3
import struct
import subprocess
import termios
import unittest
import zipfile

from e2e.program import BINARY, Program
from e2e.refusal import CONFLICT, FAILED, UNREACHABLE, USAGE, RefusalTest

NOBODY = 65534


class BadInput(RefusalTest):
    def test_a_missing_file(self):
        self.refuse(self.folder / "none.csv", FAILED, "none.csv")

    def test_a_directory(self):
        (self.folder / "folder.csv").mkdir()
        self.refuse(self.folder / "folder.csv", FAILED, "folder.csv")

    def test_an_unreadable_file(self):
        path = self.write("secret.csv", "客户名称\n甲\n")
        path.chmod(0)
        if os.getuid() != 0:
            return self.refuse(path, FAILED, "secret.csv")
        self.folder.chmod(0o777)
        try:
            probe = self.program.run("version", user=NOBODY)
        except PermissionError:
            self.skipTest("the program lies where no other user may run it")
        if probe.returncode != 0:
            self.skipTest("the program cannot run as another user here")
        done = self.program.run("import", path, "--yes", user=NOBODY)
        self.expect_refused(done, FAILED, "secret.csv")

    def test_an_empty_file_and_one_of_blank_lines(self):
        self.refuse(self.write("empty.csv", ""), FAILED, "empty.csv", "empty")
        self.refuse(self.write("blank.csv", "\n\n  \n"), FAILED, "blank.csv")

    def test_a_file_without_a_header(self):
        self.refuse(self.write("bare.csv", "1,2,3\n4,5,6\n"), FAILED, "bare.csv", "header")

    def test_a_file_with_a_header_only_says_so(self):
        done = self.program.run("import", self.write("head.csv", "客户名称,备注\n"), "--yes")
        self.assertEqual(done.returncode, 0)
        self.assertIn("no rows below it", done.stdout)

    def test_a_name_that_is_empty(self):
        self.expect_refused(self.program.run("import", "", "--yes"), USAGE, "name of the file")

    def test_json_lines_of_which_half_are_broken_are_read(self):
        path = self.write("half.ndjson", '{"name": "甲"}\nnot json\n')
        code, summary = self.program.import_file(path)
        self.assertEqual(code, 3)
        self.assertEqual((summary["added"], summary["rejected"]), (1, 1))

    def test_a_file_that_is_no_text(self):
        noise = random.Random(1).randbytes(20000)
        self.refuse(self.write("noise.csv", b"\x7fELF\0\0\0" + noise), FAILED, "noise.csv")

    def test_what_is_named_like_a_workbook_and_is_none(self):
        path = self.folder / "customers.xlsx"
        with zipfile.ZipFile(path, "w") as book:
            book.writestr("[Content_Types].xml", "<Types/>")
            book.writestr("xl/workbook.xml", "<workbook/>")
        self.refuse(path, FAILED, "no worksheet")
        legacy = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 4096
        self.refuse(self.write("customers.xls", legacy), FAILED, "customers.xls")
        shutil.copy(path, self.folder / "renamed.csv")
        self.refuse(self.folder / "renamed.csv", FAILED, "no worksheet")

    def test_what_to_do_about_a_refusal_is_said_in_chinese_too(self):
        self.program.environment["LC_ALL"] = "zh_CN.UTF-8"
        cut = self.folder / "cut.xlsx"
        cut.write_bytes(b"PK\x03\x04" + bytes(100))
        for verb in (("import", cut, "--yes"), ("inspect", cut), ("cells", cut)):
            self.expect_refused(self.program.run(*verb), FAILED, "cut.xlsx", "另存为 .xlsx")
        bare = self.write("bare.csv", "13800138000,2024-01-02\n13900139000,2024-01-03\n")
        self.expect_refused(self.program.run("import", bare, "--yes"), FAILED,
                            "no header row", "没有识别出标题行")
        other = self.write("other.csv", "颜色,大小\n红,12\n绿,13\n")
        self.expect_refused(self.program.run("import", other, "--yes"), USAGE,
                            "required field", "必填字段没有对应的列")

    def test_bytes_of_another_encoding_are_an_issue(self):
        path = self.write("broken.csv", b"\xef\xbb\xbf" + "客户名称,备注\n甲,".encode() + b"a\xffb\n")
        code, summary = self.program.import_file(path)
        self.assertEqual(code, 0)
        self.assertEqual(summary["issue_counts"].get("undecodable"), 1)
        self.assertIn("a\ufffdb", self.program.records()[0][0])

    def test_a_file_that_changes_its_encoding_is_read_as_it_is_with_an_issue(self):
        row = "远航电子{0},远航大道{0}号\n"
        first = "".join(row.format(n) for n in range(30_000)).encode("gb18030")
        last = "".join(row.format(n) for n in range(30_001, 60_000)).encode("gb18030")
        path = self.write("glued.csv", "客户名称,地址\n".encode("gb18030") + first +
                          row.format(30_000).encode() + last)
        code, summary = self.program.import_file(path)
        self.assertEqual(code, 0)
        self.assertEqual(summary["issue_counts"].get("mixed_encoding"), 1)
        self.assertNotIn("undecodable", summary["issue_counts"])
        self.assertTrue(any("远航电子30000" in record[0] for record in self.program.records()))
        listed = self.program.run("rows", "last", "--with-issues", "--format", "jsonl").stdout
        self.assertEqual([json.loads(line)["row"] for line in listed.splitlines()], [30_002])

    def test_a_mapping_that_does_not_fit(self):
        path = self.write("a.csv", "公司,手机\n甲,13800138000\n")
        unknown = self.write("column.yaml", "dataset: customers\ncolumns:\n"
                                            "  - {from: 公司名, to: name}\n")
        self.refuse(path, USAGE, "公司名", options=("--mapping", unknown))
        key = self.write("key.yaml", "dataset: customers\ncolumns:\n"
                                     "  - {from: 公司, too: name}\n")
        self.refuse(path, USAGE, "key.yaml:3:", "too", options=("--mapping", key))
        field = self.write("field.yaml", "dataset: customers\ncolumns:\n"
                                         "  - {from: 公司, to: nam}\n")
        self.refuse(path, USAGE, "nam", options=("--mapping", field))
        self.refuse(path, USAGE, "none.yaml",
                    options=("--mapping", self.folder / "none.yaml"))

    def test_a_region_that_is_none(self):
        path = self.write("a.csv", "公司,手机\n甲,13800138000\n")
        everywhere = self.write("region.yaml", "dataset: customers\nregion: ZZ\n")
        self.refuse(path, USAGE, "region.yaml:2:9", "ZZ", options=("--mapping", everywhere))
        column = self.write("column.yaml", "columns:\n  - {from: 公司, to: name}\n"
                                           "  - {from: 手机, to: phone, region: China}\n")
        self.refuse(path, USAGE, "column.yaml:3:", "China", options=("--mapping", column))

    def test_a_sink_that_cannot_be_opened(self):
        """It is refused before its import begins, and is in nobody's way after."""
        path = self.write("a.csv", "公司\n甲\n")
        nowhere = self.folder / "none" / "sink.db"
        self.refuse(path, UNREACHABLE, "--sink", "none/sink.db",
                    options=("--sink", f"sqlite:{nowhere}"))
        self.refuse(path, FAILED, "--sink", "a.csv", "not a database",
                    options=("--sink", f"sqlite:{path}"))
        code, summary = self.program.import_file(path)
        self.assertEqual((code, summary["added"]), (0, 1))

    def test_a_sink_that_another_data_directory_feeds(self):
        path = self.write("a.csv", "公司\n甲\n")
        sink = ("--sink", f"sqlite:{self.folder}/shared.db")
        other = Program(self.folder / "first")
        for options in ((), sink):
            self.assertEqual(other.import_file(path, *options)[0], 0)
        self.refuse(path, CONFLICT, "shared.db", "another data directory", options=sink)
        standard = ("--sink", f"sqlite:{other.data_dir}/sink.db")
        self.refuse(path, CONFLICT, "sink.db", "another data directory", options=standard)
        code, summary = self.program.import_file(path)
        self.assertEqual((code, summary["added"]), (0, 1))

    def test_a_sink_whose_table_does_not_fit(self):
        path = self.write("a.csv", "公司\n甲\n")
        sink = self.folder / "own.db"
        with contextlib.closing(sqlite3.connect(sink)) as own:
            own.execute("CREATE TABLE customers(name TEXT)")
        self.refuse(path, CONFLICT, "--sink", "no 'id INTEGER PRIMARY KEY'",
                    options=("--sink", f"sqlite:{sink}"))
        code, summary = self.program.import_file(path)
        self.assertEqual((code, summary["added"]), (0, 1))

    def test_a_data_directory_that_was_only_just_made(self):
        self.program.data_dir.mkdir()
        (self.program.data_dir / "control.db").touch()
        self.assertEqual(self.program.imports(), [])
        self.expect_refused(self.program.run("rows", "last"), FAILED, "nothing was imported yet")

    def test_a_half_stored_upload_goes(self):
        uploads = self.program.data_dir / "uploads"
        uploads.mkdir(parents=True)
        (uploads / ".incoming-1").write_text("half")
        path = self.write("a.csv", "公司\n甲\n")
        self.assertEqual(self.program.import_file(path)[0], 0)
        self.assertEqual(len(list(uploads.iterdir())), 1)

    def test_output_that_cannot_be_written(self):
        with open("/dev/full", "wb") as full:
            process = self.program.start("version", stdout=full, stderr=subprocess.PIPE)
            _, message = process.communicate(timeout=60)
        self.assertEqual(process.returncode, FAILED)
        self.assertIn(b"could not be written", message)

    def test_a_row_of_very_many_cells_keeps_them_all(self):
        lines = ["公司,手机"] + [f"公司{i},1380013{i:04}" for i in range(20)]
        lines.append("甲,13900139000," + ",".join(f"v{i}" for i in range(300)))
        path = self.write("wide.csv", "\n".join(lines))
        code, summary = self.program.import_file(path)
        self.assertEqual((code, summary["issue_counts"]), (0, {"long_row": 1}))
        done = self.program.run("records", "customers", "--match", "name=甲")
        custom = json.loads(done.stdout)["custom"]
        self.assertEqual(custom, {f"column_{i + 3}": f"v{i}" for i in range(300)})

    def test_an_unknown_setting(self):
        path = self.write("a.csv", "客户名称\n甲\n")
        self.program = Program(self.folder / "data", SLUICE_PARTITONS="4")
        done = self.program.run("import", path, "--yes")
        self.expect_refused(done, USAGE, "SLUICE_PARTITONS", "SLUICE_PARTITIONS")
        config = self.write("sluice.yaml", "http:\n  prot: 1\n")
        self.program = Program(self.folder / "data", SLUICE_CONFIG=str(config))
        done = self.program.run("import", path, "--yes")
        self.expect_refused(done, USAGE, "sluice.yaml:2:3", "prot")
        self.assertFalse((self.folder / "data" / "sink.db").exists())

    def test_what_comes_later_says_so(self):
        for verb in (("match", "mended.xlsx"), ("doctor",)):
            with self.subTest(verb=verb):
                self.expect_refused(self.program.run(*verb), USAGE, verb[0], "not available yet")

    def test_a_pipe_is_refused_and_not_waited_for(self):
        pipe = self.folder / "pipe.csv"
        os.mkfifo(pipe)
        self.refuse(pipe, FAILED, "pipe.csv", "not a regular file")

    def test_a_data_directory_that_was_moved(self):
        path = self.write("a.csv", "公司\n甲\n")
        self.assertEqual(self.program.import_file(path)[0], 0)
        moved = self.folder / "moved"
        self.program.data_dir.rename(moved)
        self.program = Program(moved)
        code, summary = self.program.import_file(path)
        self.assertEqual((code, summary["unchanged"]), (0, 1))
        self.assertEqual(len(self.program.records()), 1)

    def test_the_next_commands_are_said_with_what_they_need(self):
        path = self.write("a.csv", "公司\n甲\n")
        sink = f"sqlite:{self.folder}/own sink.db"
        done = self.program.run("import", path, "--yes", "--sink", sink)
        told = [line for line in done.stdout.splitlines() if line.startswith("  sluice records")]
        self.assertEqual(len(told), 1, done.stdout)
        shell = subprocess.run(["bash", "-c", told[0].replace("sluice", '"$0"', 1), BINARY],
                               env=self.program.environment, capture_output=True, text=True,
                               check=False)
        self.assertIn("甲", shell.stdout, shell.stderr)

    def test_a_narrow_terminal(self):
        path, _ = self.sow(100_000)
        terminal, end = pty.openpty()
        fcntl.ioctl(end, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 30, 0, 0))
        process = self.program.start("import", path, "--yes", stdout=subprocess.DEVNULL, stderr=end)
        os.close(end)
        shown = b""
        with contextlib.suppress(OSError), os.fdopen(terminal, "rb", buffering=0) as screen:
            while part := screen.read(4096):
                shown += part
        process.wait(timeout=60)
        lines = [line.removeprefix("\x1b[K") for line in shown.decode().split("\r")]
        self.assertTrue(any("rows" in line for line in lines), shown)
        for line in lines:
            self.assertLess(len(line.rstrip("\n")), 30)

    def test_a_verb_that_is_none(self):
        done = self.program.run("improt", "a.csv")
        self.expect_refused(done, USAGE, "'improt'", "did you mean 'import'", "sluice --help")
        self.assertEqual(self.program.run("--version").returncode, 0)
        done = self.program.run("records", "customers", "--limit", "-1")
        self.expect_refused(done, USAGE, "--limit", "whole number")
        self.assertLess(len(done.stderr), 200)

    def test_wrong_usage(self):
        path = self.write("a.csv", "客户名称\n甲\n")
        self.refuse(path, USAGE, "--on-duplicate", options=("--on-duplicate", "often"))
        self.refuse(path, USAGE, "dataset", options=("--dataset", "nothing"))
        self.refuse(path, USAGE, "--nonsense", options=("--nonsense",))

    def test_results_as_csv_come_back_as_they_were(self):
        values = ["=1+1", "'=1+1", "''=1", "@x", "-a", "'tis", "+86 138", '=HYPERLINK("x")']
        lines = ["公司,备注,等级"] + [f"公司{i},{v.replace(chr(34), '”')},{v.replace(chr(34), '”')}"
                                  for i, v in enumerate(values)]
        path = self.write("a.csv", "\n".join(lines))
        self.assertEqual(self.program.import_file(path)[0], 0)
        written = self.program.run("records", "customers", "--format", "csv").stdout
        self.assertTrue(written.startswith("\ufeffid,"))
        again = Program(self.folder / "again")
        self.assertEqual(again.import_file(self.write("records.csv", written))[0], 0)
        self.assertEqual([record[0] for record in again.records()],
                         [record[0] for record in self.program.records()])
        # Of somebody else's file every apostrophe is kept.
        notes = {record[0][-1] for record in self.program.records()}
        self.assertIn("'=1+1", notes)

    def test_an_unknown_dataset_is_answered_with_ones_own(self):
        own = self.program.data_dir / "datasets"
        own.mkdir(parents=True)
        (own / "suppliers.yaml").write_text(
            "name: suppliers\nidentity: [[name]]\nfields:\n  - {name: name, type: text}\n")
        path = self.write("a.csv", "name\n甲\n")
        self.refuse(path, USAGE, "suplier", "customers, accounts, contacts, suppliers",
                    options=("--dataset", "suplier"))


if __name__ == "__main__":
    if BINARY and not pathlib.Path(BINARY).is_file():
        raise SystemExit(f"{BINARY} is missing")
    unittest.main()
