"""How a verb finds a running `serve`: over a slow link, before it has started, never."""

import subprocess
import unittest

from e2e.program import Program
from e2e.serving import ServeTest
from testing.delaying_proxy import DelayingProxy
from testing.kafka.broker import free_ports

DONE, UNREACHABLE = 0, 4


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


if __name__ == "__main__":
    unittest.main()
