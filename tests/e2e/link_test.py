"""How a verb finds a running `serve`: over a slow link, before it has started, never; and what is
no address at all."""

import json
import sqlite3
import subprocess
import unittest

from e2e.program import Program
from e2e.serving import ServeTest
from testing.delaying_proxy import DelayingProxy
from testing.kafka.broker import free_ports

DONE, USAGE, UNREACHABLE = 0, 2, 4


class Links(ServeTest):
    def serving(self, **settings):
        program = Program(self.folder / "data", SLUICE_HTTP__PORT="0",
                          **{"SLUICE_GRPC__PORT": "0", **settings})
        return self.serve(program)

    def client(self, address, **settings):
        return Program(self.folder / "client", SLUICE_SERVER=address, **settings)

    def test_a_link_of_300_milliseconds_each_way(self):
        proxy = DelayingProxy(self.serving().grpc, 0.3)
        self.addCleanup(proxy.close)
        path, _ = self.sow("a.csv", rows=20, seed=1)
        client = self.client(proxy.address)
        for verb in (("import", path, "--yes"), ("imports", "list"), ("imports", "show", "last"),
                     ("rows", "last")):
            with self.subTest(verb=verb):
                done = client.run(*verb)
                self.assertIn(done.returncode, (DONE, 3), done.stderr)

    def test_an_import_that_is_there_before_the_server(self):
        [port] = free_ports(1)
        path, _ = self.sow("a.csv", rows=20, seed=1)
        process = self.client(f"127.0.0.1:{port}").start(
            "import", path, "--yes", stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(process.kill)
        waiting = process.stderr.readline()
        self.assertIn(f"does not answer at 127.0.0.1:{port} yet", waiting)
        self.serving(SLUICE_GRPC__PORT=str(port))
        _, errors = process.communicate(timeout=90)
        self.assertIn(process.returncode, (DONE, 3), errors)

    def test_nobody_there_is_not_blamed_on_tls(self):
        [port] = free_ports(1)
        done = self.client(f"127.0.0.1:{port}").run("imports", "list")
        self.assertEqual(done.returncode, UNREACHABLE, done.stderr)
        self.assertNotIn("tls", done.stderr.lower())

    def test_what_is_no_address_is_told_before_it_is_dialled(self):
        for address in ("127.0.0.1:99999", "127.0.0.1", "garbage", "http://127.0.0.1:7400"):
            for done, setting in (
                    (self.client(address).run("imports", "list"), "SLUICE_SERVER"),
                    (Program(self.folder / "client").run("imports", "list", "--server", address),
                     "--server")):
                with self.subTest(address=address, setting=setting):
                    self.assertEqual(done.returncode, USAGE, done.stderr)
                    self.assertIn(setting, done.stderr)
                    self.assertIn(f"'{address}'", done.stderr)
        over_kafka = {"SLUICE_KAFKA__BROKERS": "127.0.0.1:1"}
        for settings, said in (
                ({"SLUICE_CONTROL__ADDRESS": "garbage", "SLUICE_SINKS": "a=sqlite:/x"},
                 "control.address"),
                ({"SLUICE_SINKS": "a=sqlite:/x a=sqlite:/y"}, "'a'")):
            done = Program(self.folder / "load", **over_kafka, **settings).run(
                "serve", "--target", "load")
            self.assertEqual(done.returncode, USAGE, done.stderr)
            self.assertIn(said, done.stderr)

    def test_a_history_of_very_many_imports(self):
        """More than one answer could hold."""
        imports = 20_000
        server = self.serving()
        path, _ = self.sow("a.csv", rows=5, seed=1)
        client = self.client(server.grpc)
        client.run("import", path, "--yes")
        self.assertEqual(server.stop(), DONE)
        with sqlite3.connect(server.program.data_dir / "control.db") as database:
            database.execute("CREATE TEMPORARY TABLE one AS SELECT * FROM imports")
            # A plan of 5 KB, as a wide file has.
            database.execute("UPDATE one SET path = ?", ("x" * 5000,))
            for number in range(2, imports + 1):
                database.execute("UPDATE one SET id = ?, sequence = ?",
                                 (f"01aaaaaaaaaaaaaaaaaaaa{number:06}", number))
                database.execute("INSERT INTO imports SELECT * FROM one")
        client = self.client(self.serving().grpc)
        listed = client.run("imports", "list", "--json")
        self.assertEqual(listed.returncode, DONE, listed.stderr)
        ids = [entry["import"] for entry in json.loads(listed.stdout)]
        self.assertEqual(len(set(ids)), imports)
        self.assertEqual(ids[0], f"01aaaaaaaaaaaaaaaaaaaa{imports:06}")
        again = client.run("import", path, "--yes")
        self.assertIn(again.returncode, (DONE, 3), again.stderr)


if __name__ == "__main__":
    unittest.main()
