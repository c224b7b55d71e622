"""Imports into a real PostgreSQL database, in one process: rows and outcomes equal the oracle's,
and no password is told to anybody."""

import itertools
import os
import shlex
import subprocess
import unittest

from e2e.installation import RemoteProgram
from e2e.previewing import Previewing
from e2e.program import BINARY, Program
from e2e.serving import ServeTest
from oracle.model import Import, Sink
from testing.postgres_proxy import PostgresProxy
from testing.postgres_server import PostgresServer

ROWS = int(os.environ.get("TEST_SLUICE_ROWS", "20000"))
CUT_ROWS = int(os.environ.get("TEST_SLUICE_CUT_ROWS", "40000"))
POLICIES = ("update", "fill", "skip", "create")
IN_FILE = ("merge", "first", "last")
SECRET = "hunter2-and-more"
CONFLICT, UNREACHABLE = 6, 4


class PostgresProgram(RemoteProgram):
    """The program with a PostgreSQL sink, as the role that may only write; another makes tables."""

    def __init__(self, data_dir, sink, **settings):
        super().__init__(data_dir, sink, SLUICE_POSTGRES__OWNER="user=sluice_owner", **settings)
        self.import_arguments = ("--sink", sink)


class PostgresImports(Previewing, ServeTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server = PostgresServer()
        cls.addClassCleanup(cls.server.close)

    def setUp(self):
        super().setUp()
        self.database = self.server.new_database()

    def program(self, name="data", **options):
        settings = {key: options.pop(key) for key in list(options) if key.isupper()}
        return PostgresProgram(self.folder / name,
                               self.server.url(options.pop("database", self.database), **options),
                               **settings)

    def stored(self):
        """Every row with the transaction that wrote it."""
        return self.server.query(self.database, "SELECT xmin, * FROM customers ORDER BY id")

    def test_a_large_file_equals_the_oracle_and_again_changes_nothing(self):
        program, sink = self.program(), Sink()
        path, rows = self.sow("large.csv", rows=ROWS, seed=11)
        self.import_and_compare(program, sink, path, rows)
        before = self.stored()
        summary = self.import_and_compare(program, sink, path, rows)
        self.assertEqual((summary["added"], summary["updated"]), (0, 0))
        self.assertEqual(self.stored(), before)

    def test_every_policy_on_a_second_overlapping_file(self):
        first_path, first = self.sow("first.csv", rows=300, seed=21)
        second_path, second = self.sow("second.csv", rows=300, seed=22, first_customer=150,
                                       version=1)
        for policy, in_file in itertools.product(POLICIES, IN_FILE):
            with self.subTest(on_duplicate=policy, in_file=in_file):
                program = self.program(f"{policy}-{in_file}", database=self.server.new_database())
                sink = Sink()
                self.import_and_compare(program, sink, first_path, first)
                self.import_and_compare(
                    program, sink, second_path, second, "--on-duplicate", policy, "--in-file",
                    in_file, on_duplicate=policy, in_file=in_file)

    def test_the_run_is_the_preview(self):
        for name, settings in (("whole", {}), ("spread", {"SLUICE_ORDERING__IMPORT_MAX": "1"})):
            database = self.server.new_database()
            program = self.program(name, database=database, **settings)
            first, _ = self.sow("first.csv", rows=3000, seed=25)
            second, _ = self.sow("second.csv", rows=3000, seed=26, first_customer=1500, version=1)
            self.expect_the_run_is_the_preview(program, first)
            self.server.query(database, "UPDATE customers SET note = 'by hand' WHERE id % 3 = 0")
            self.expect_the_run_is_the_preview(program, second)
            preview = self.expect_the_run_is_the_preview(program, second)
            self.assertEqual((preview["added"], preview["updated"]), (0, 0))

    def test_records_match_and_limit(self):
        program, sink = self.program(), Sink()
        path, rows = self.sow("rows.csv", rows=50, seed=31)
        nothing = program.run("records", "customers", "--sink", program.sink)
        self.assertEqual((nothing.returncode, nothing.stdout), (0, ""))
        self.import_and_compare(program, sink, path, rows)
        ids = self.server.query(self.database, "SELECT id FROM customers ORDER BY id")
        listed = program.run("records", "customers", "--sink", program.sink, "--limit", "3")
        self.assertEqual([line.split(",")[0] for line in listed.stdout.splitlines()],
                         [f'{{"id":{number}' for number in ids[:3]])
        one = program.run("records", "customers", "--sink", program.sink, "--match",
                          f"id={ids[7]}", "--format", "csv")
        self.assertEqual(len(one.stdout.splitlines()), 2)
        self.assertTrue(one.stdout.splitlines()[1].startswith(ids[7] + ","))

    def test_serve_goes_on_with_an_import_that_was_killed(self):
        path, rows = self.sow("rows.csv", rows=60000, seed=41)
        program = self.program(SLUICE_HTTP__PORT="0", SLUICE_GRPC__PORT="0",
                               SLUICE_ORDERING__IMPORT_MAX="1")
        left = self.leave_in_the_middle(program, path, "--sink", program.sink)
        self.serve(program)
        self.wait_for("it is completed", lambda: self.state(program, left) == "completed", 120)
        sink = Sink()
        for _ in program.imports():
            Import(sink).run(rows)
        self.expect_records(program.records(), sink.records())

    def test_a_password_is_told_to_nobody(self):
        path, rows = self.sow("rows.csv", rows=30000, seed=51)
        program = self.program(password=SECRET, SLUICE_HTTP__PORT="0", SLUICE_GRPC__PORT="0")
        program.environment["PGPASSWORD"] = SECRET
        left = self.leave_in_the_middle(program, path, "--sink", program.sink)
        server = self.serve(program)
        self.wait_for("it is completed", lambda: self.state(program, left) == "completed", 120)
        told = [server.get(page)[1] for page in ("/metrics", "/readyz?verbose", "/livez")]
        server.stop()
        self.server.stop()
        away = program.run("import", path, "--yes", "--sink", program.sink)
        self.server.start()
        self.assertEqual(away.returncode, UNREACHABLE, away.stderr)
        wrong = [program.run("import", path, "--yes", "--sink", url) for url in (
            f"postgress://sluice_writer:{SECRET}@localhost/x", f"postgresql://a:{SECRET}@[x/y",
            f"postgresql://sluice_writer:{SECRET}@localhost",
            program.sink.replace(self.database, "no_such_database"))]
        self.assertEqual([done.returncode for done in wrong], [2, 2, 2, UNREACHABLE])
        done = [away, *wrong,
                program.run("import", path, "--yes", "--sink", program.sink),
                program.run("import", path, "--yes", "--sink", "postgres:" + program.sink),
                program.run("imports", "show", "last"), program.run("config", "show"),
                program.run("imports", "show", "last", "--json")]
        told += [text for each in done for text in (each.stdout, each.stderr)]
        told.append("\n".join(server.lines()))
        told += [file.read_bytes().decode("latin-1") for file in program.data_dir.rglob("*")
                 if file.is_file() and "uploads" not in file.parts]
        for text in told:
            self.assertNotIn(SECRET, text)
        # What it says to do next works.
        shown = program.run("import", path, "--yes", "--sink", program.sink).stdout
        following = next(shlex.split(line) for line in shown.splitlines()
                         if "sluice records" in line)
        self.assertIn("--sink", following)
        again = subprocess.run([BINARY, *following[1:]], env=program.environment, text=True,
                               capture_output=True, check=False, timeout=60)
        self.assertEqual(len(again.stdout.splitlines()), 5, again.stderr)

    def test_an_emptied_database_and_one_of_another_installation_are_refused(self):
        path, rows = self.sow("rows.csv", rows=20, seed=61)
        program = self.program()
        self.import_and_compare(program, Sink(), path, rows)
        other = self.program("other").run("import", path, "--yes", "--sink", program.sink)
        self.assertEqual(other.returncode, CONFLICT, other.stderr)
        self.assertIn("is fed from another data directory", other.stderr)
        self.server.query(self.database, "DROP SCHEMA sluice CASCADE; DROP TABLE customers")
        emptied = program.run("import", path, "--yes", "--sink", program.sink)
        self.assertEqual(emptied.returncode, CONFLICT, emptied.stderr)
        self.assertIn("removed, replaced or emptied", emptied.stderr)
        self.assertEqual(self.server.query(self.database, "SELECT to_regclass('customers')"), [""])

    def test_a_role_without_rights_is_told_what_to_do(self):
        path, _ = self.sow("rows.csv", rows=20, seed=71)
        program = Program(self.folder / "data")
        done = program.run("import", path, "--yes", "--sink", self.server.url(self.database))
        self.assertEqual(done.returncode, UNREACHABLE, done.stderr)
        self.assertIn("roles.sql", done.stderr)
        # The owner alone may do everything.
        url = self.server.url(self.database, role="sluice_owner")
        done = program.run("import", path, "--yes", "--sink", url)
        self.assertIn(done.returncode, (0, 3), done.stderr)

    def serve_through(self, folder, path, settings):
        """A server that goes on with an import of the file, which was left in the middle."""
        program = self.program(folder=folder, SLUICE_HTTP__PORT="0",
                               SLUICE_ORDERING__IMPORT_MAX="1", **settings)
        left = self.leave_in_the_middle(program, path, "--sink", program.sink)
        return program, left, self.serve(program)

    def expect_all_of(self, program, rows):
        """Every import of the history has ended, and the sink is as after as many."""
        sink = Sink()
        for entry in program.imports():
            self.expect_summary(entry, Import(sink).run(rows))
        self.expect_records(program.records(), sink.records())

    def test_connections_that_are_cut_around_commit(self):
        """What the sink's fence says is what happened: nothing is lost or done twice."""
        proxy = PostgresProxy(self.server.folder)
        self.addCleanup(proxy.close)
        path, rows = self.sow("rows.csv", rows=CUT_ROWS, seed=81)
        # Small leads: many commits.
        program, left, server = self.serve_through(proxy.folder, path, {
            "SLUICE_LEAD__ROWS_MIN": "500", "SLUICE_LEAD__ROWS_MAX": "500"})
        self.wait_for("it is completed", lambda: self.state(program, left) == "completed", 240)
        self.assertEqual(server.stop(), 0)
        for how, count in proxy.cuts.items():
            self.assertGreaterEqual(count, 3, how)
        # What looks into the sink now commits its reading, too.
        proxy.cut_no_more()
        self.expect_all_of(program, rows)

    def test_a_server_that_is_restarted_in_the_middle_is_waited_for(self):
        path, rows = self.sow("rows.csv", rows=120000, seed=91)
        program, left, server = self.serve_through(None, path, {})

        def finished():
            entry = next(e for e in program.imports() if e["import"] == left)
            return entry["added"] + entry["updated"] + entry["unchanged"] + entry["skipped"]

        for stop in (self.server.stop, self.server.kill):
            before = finished()
            self.wait_for("it goes on", lambda b=before: finished() > b, 120)
            stop()
            self.wait_for("it says what it waits for", lambda: (
                "load" in server.get("/readyz?verbose")[1] and server.get("/readyz")[0] == 503))
            self.assertEqual(server.get("/livez")[0], 200)
            self.server.start()
        self.wait_for("it is completed", lambda: self.state(program, left) == "completed", 120)
        self.wait_for("it is ready", lambda: server.get("/readyz")[0] == 200)
        self.assertEqual(server.stop(), 0)
        self.expect_all_of(program, rows)

    def test_a_server_that_is_away_at_the_start_is_waited_for(self):
        path, rows = self.sow("rows.csv", rows=30000, seed=95)
        program = self.program(SLUICE_HTTP__PORT="0", SLUICE_GRPC__PORT="0",
                               SLUICE_ORDERING__IMPORT_MAX="1")
        left = self.leave_in_the_middle(program, path, "--sink", program.sink)
        self.server.stop()
        server = self.serve(program, ready=503)
        self.assertIn("sink", server.get("/readyz?verbose")[1])
        self.server.start()
        self.wait_for("it is completed", lambda: self.state(program, left) == "completed", 120)
        self.assertEqual(server.stop(), 0)
        self.expect_all_of(program, rows)


if __name__ == "__main__":
    unittest.main()
