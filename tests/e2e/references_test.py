"""Contacts find their accounts: by number, domain or name, created once, never guessed; and a
workbook with both on two sheets is one import, accounts first."""

import json
import os
import random
import subprocess
import time

from e2e import postgres_test
from e2e.program import ImportTest, Program
from e2e.two_sheets import Oracle, TwoSheets, sow
from testing.postgres_server import PostgresServer

CONTACTS = """dataset: contacts
columns:
  - {from: 编号, to: external_id}
  - {from: 姓名, to: name}
  - {from: 公司, to: account, create: CREATE}
"""
ROWS = int(os.environ.get("TEST_SLUICE_ROWS", "4000"))
KILLS = int(os.environ.get("TEST_SLUICE_KILLS", "3"))


class References(TwoSheets, ImportTest):
    def setUp(self):
        super().setUp()
        self.program = Program(self.folder / "data")

    def test_contacts_alone_create_each_company_once(self):
        mapping = self.write("contacts.yaml", CONTACTS.replace("CREATE", "once"))
        path = self.write("c.csv", "编号,姓名,公司\nC1,甲,云杉科技\nC2,乙,云杉科技\nC3,丙,\n")
        code, summary = self.program.import_file(path, "--mapping", mapping)
        self.assertEqual((code, summary["added"], summary["created_references"]), (0, 3, 1))
        self.assertEqual(self.links(self.program), {"C1": "云杉科技", "C2": "云杉科技", "C3": None})
        _, again = self.program.import_file(path, "--mapping", mapping)
        self.assertEqual((again["unchanged"], again.get("created_references")), (3, None))
        self.assertEqual(len(self.stored("accounts", self.program)), 1)

    def test_what_cannot_be_resolved_is_listed_and_kept(self):
        mapping = self.write("contacts.yaml", CONTACTS.replace("CREATE", "never"))
        path = self.write("c.csv", "编号,姓名,公司\nC1,甲,云杉科技\n")
        code, summary = self.program.import_file(path, "--mapping", mapping)
        self.assertEqual((code, summary["added"], summary["issue_counts"]),
                         (0, 1, {"unresolved_reference": 1}))
        done = self.program.run("rows", "last", "--with-issues")
        row = json.loads(done.stdout)
        self.assertEqual((row["row"], row["issues"][0]["field"], row["issues"][0]["before"]),
                         (2, "account", "云杉科技"))
        contact, = self.stored("contacts", self.program)
        self.assertEqual(contact["custom"]["_unfit"], {"account": "云杉科技"})

    def test_two_sheets_are_one_import_parents_first(self):
        accounts, contacts = sow(3, 200, 400)
        for create in ("once", "never"):
            for spread in ({}, {"SLUICE_ORDERING__IMPORT_MAX": "1"}):
                with self.subTest(create=create, spread=bool(spread)):
                    program = Program(self.folder / f"{create}-{len(spread)}", **spread)
                    self.expect_two_sheets(program, accounts, contacts, create)

    def test_two_sheets_into_postgresql(self):
        server = PostgresServer()
        self.addCleanup(server.close)
        accounts, contacts = sow(4, 200, 400)
        for spread in ({}, {"SLUICE_ORDERING__IMPORT_MAX": "1"}):
            with self.subTest(spread=bool(spread)):
                program = postgres_test.PostgresProgram(
                    self.folder / f"postgres-{len(spread)}", server.url(server.new_database()),
                    **spread)
                self.expect_two_sheets(program, accounts, contacts, "once")

    def test_counts_are_told_for_each_dataset(self):
        accounts, contacts = sow(6, 20, 30)
        self.expect_two_sheets(self.program, accounts, contacts, "once")
        shown = json.loads(self.program.run("imports", "show", "last", "--json").stdout)
        self.assertEqual({name: (counts["rows"], counts["unchanged"])
                          for name, counts in shown["datasets"].items()},
                         {"accounts": (20, 20), "contacts": (30, 30)})

    def test_a_mapping_of_two_sheets_can_be_a_profile(self):
        accounts, contacts = sow(7, 10, 20)
        path = self.workbook("book.xlsx", accounts, contacts)
        saved = self.program.run("profile", "save", "book", self.sheets(), "--json")
        self.assertEqual(json.loads(saved.stdout)["dataset"], "contacts, accounts")
        _, summary = self.program.import_file(path, "--profile", "book")
        self.expect(Oracle(accounts, contacts, True), summary, self.program)

    def test_rows_of_two_sheets_are_told_apart(self):
        nameless = {"external_id": "K1", "name": "", "domain": "a.example"}
        path = self.workbook("book.xlsx", [nameless], [("C1", "", "K1"), ("C2", "乙", "")])
        code, summary = self.program.import_file(path, "--mapping", self.sheets())
        self.assertEqual((code, summary["rejected"], summary["added"]), (3, 2, 1))
        done = self.program.run("rows", "last")
        rows = [json.loads(line) for line in done.stdout.splitlines()]
        self.assertEqual([(row["sheet"], row["row"], row["cells"][0]) for row in rows],
                         [("客户", 2, "K1"), ("联系人", 2, "C1")])
        # The workbook to be mended can be imported the same way.
        mended = self.folder / "mended.xlsx"
        done = self.program.run("rows", "last", "--format", "xlsx", "--output", mended)
        self.assertEqual(done.returncode, 0, done.stderr)
        code, summary = self.program.import_file(mended, "--mapping", self.sheets())
        self.assertEqual((code, summary["rejected"]), (3, 2))

    def test_a_redo_brings_back_who_is_referred_to_first(self):
        """Also when both went in one step of a rollback."""
        path = self.write("contacts.csv", "姓名,公司\n张三,甲公司\n李四,甲公司\n")
        _, summary = self.program.import_file(path, "--dataset", "contacts")
        self.assertEqual((summary["added"], summary["created_references"]), (2, 1))
        before = [self.stored(name, self.program) for name in ("accounts", "contacts")]
        rows = self.write("rows.txt", "2\n")
        for arguments in (("--rows", rows), ()):
            done = self.program.run("rollback", summary["import"], *arguments)
            self.assertIn(done.returncode, (0, 3), done.stderr)
            # The account waits for the second contact, and is gone with it.
            self.assertEqual("What stays" in done.stdout, bool(arguments), done.stdout)
        self.assertEqual(self.stored("accounts", self.program), [])
        shown = json.loads(self.program.run("rollback", summary["import"], "--json").stdout)
        self.assertEqual((shown["conflicts"], shown["rollback"]["conflict_counts"]), ([], {}))
        redo = json.loads(self.program.run("redo", summary["import"], "--json").stdout)
        self.assertEqual((redo["added"], redo["issues"]), (3, 0))
        self.assertEqual([self.stored(name, self.program) for name in ("accounts", "contacts")],
                         before)

    def test_a_kill_at_any_moment_loses_and_doubles_nothing(self):
        accounts, contacts = sow(5, ROWS // 4, ROWS)
        path = self.workbook("book.xlsx", accounts, contacts)
        oracle = Oracle(accounts, contacts, True)
        arguments = ("--mapping", self.sheets())
        begin = time.monotonic()
        _, summary = self.program.import_file(path, *arguments)
        seconds = time.monotonic() - begin
        self.expect(oracle, summary, self.program)
        rng = random.Random(ROWS)
        for kill in range(KILLS):
            program = Program(self.folder / f"killed-{kill}", SLUICE_ORDERING__IMPORT_MAX="1")
            for _ in range(3):
                process = program.start("import", path, *arguments, "--yes", "--json",
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                try:
                    process.wait(timeout=rng.uniform(0, seconds))
                    break
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
            program.import_file(path, *arguments)
            first = program.imports()[0]
            self.assertEqual((first["state"], first["added"]), ("completed", summary["added"]))
            self.assertEqual(self.links(program), oracle.links)
            self.assertEqual(len(self.stored("accounts", program)), len(oracle.accounts))

    def test_mistakes_are_told_before_anything_is_written(self):
        path = self.workbook("book.xlsx", *sow(1, 8, 8))
        for text, said in (
                ("sheets: [{sheet: 客户}]\n", "needs 'sheet' and 'dataset'"),
                ("dataset: accounts\nsheets: []\n", "unknown key 'dataset'"),
                ("sheets: [{sheet: 客户, dataset: accounts}, {sheet: 客户, dataset: accounts}]\n",
                 "stands twice"),
                (CONTACTS.replace("CREATE", "often"), "create is once or never"),
                (CONTACTS.replace("create: CREATE", "match: [nmae]"), "no field 'nmae'"),
                (CONTACTS.replace("create: CREATE", "match: [domain], create: once"),
                 "needs the required fields of accounts")):
            mapping = self.write("bad.yaml", text)
            sheet = () if "sheets" in text else ("--sheet", "联系人")
            done = self.program.run("import", path, "--yes", "--mapping", mapping, *sheet)
            self.assertEqual(done.returncode, 2, (text, done.stderr))
            self.assertIn(said, done.stderr)
        self.assertEqual(self.program.imports(), [])
