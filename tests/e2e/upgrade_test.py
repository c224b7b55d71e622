"""What released versions left behind is opened and gone on with.

tests/data/stores holds a data directory for each set of schema versions of control.db and sink.db:
one import that has ended (60 rows, seed 1) and one that was killed before it had read a row (300
rows, seed 2). A new set is added when a schema version is released, none is changed.
"""

import pathlib
import re
import sqlite3
import tarfile
import unittest

from e2e.program import SOURCE, Program
from e2e.serving import ServeTest
from oracle import sowing
from oracle.model import Import, Sink

STORES = sorted((SOURCE / "tests/data/stores").glob("control-*-sink-*.tar.gz"))


class Upgrade(ServeTest):
    def versions(self, folder):
        """Schema versions of control.db and sink.db."""
        found = []
        for name, table in (("control.db", "meta"), ("sink.db", "sluice_meta")):
            with sqlite3.connect(folder / name) as connection:
                found += connection.execute(
                    f"SELECT value FROM {table} WHERE key = 'schema_version'").fetchone()
            connection.close()
        return found

    def test_every_released_version_is_gone_on_with(self):
        self.assertTrue(STORES)
        for stored in STORES:
            with self.subTest(stored=stored.name):
                place = self.folder / stored.name
                with tarfile.open(stored) as archive:
                    archive.extractall(place)
                folder, = pathlib.Path(place).iterdir()
                self.assertEqual(self.versions(folder),
                                 [int(n) for n in re.findall(r"-(\d+)", stored.name)])
                program = Program(folder, SLUICE_HTTP__PORT="0", SLUICE_GRPC__PORT="0")
                # Looking does not need an upgrade.
                self.assertEqual([entry["state"] for entry in program.imports()],
                                 ["completed", "running"])
                server = self.serve(program)
                left = program.imports()[-1]["import"]
                self.wait_for("it is completed",
                              lambda p=program, i=left: self.state(p, i) == "completed")
                self.assertEqual(server.stop(), 0)
                sink = Sink()
                for entry, options in zip(program.imports(), (
                        sowing.Options(rows=60, seed=1),
                        sowing.Options(rows=300, seed=2, first_customer=30, version=1))):
                    self.expect_summary(entry, Import(sink).run(list(sowing.Sower(options))))
                self.expect_records(program.records(), sink.records())
                self.expect_refusal_of_newer(program, folder)

    def expect_refusal_of_newer(self, program, folder):
        for name, table in (("control.db", "meta"), ("sink.db", "sluice_meta")):
            with sqlite3.connect(folder / name) as connection:
                change = f"UPDATE {table} SET value = value + ? WHERE key = 'schema_version'"
                connection.execute(change, [1])
            path = self.folder / "more.csv"
            path.write_text("公司\n甲\n", encoding="utf-8")
            done = program.run("import", path, "--yes")
            self.assertEqual(done.returncode, 6, done.stderr)
            self.assertIn("newer Sluice", done.stderr)
            with connection:
                connection.execute(change, [-1])
            connection.close()


if __name__ == "__main__":
    unittest.main()
