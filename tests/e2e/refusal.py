"""What every refusal is held to: its exit code, a message in plain words, and nothing half done."""

from e2e.program import ImportTest, Program
from oracle import sowing

FAILED, USAGE, UNREACHABLE, CONFLICT = 1, 2, 4, 6


class RefusalTest(ImportTest):
    def setUp(self):
        super().setUp()
        self.program = Program(self.folder / "data")

    def write(self, name, content):
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def sow(self, rows, seed=71):
        options = sowing.Options(rows=rows, seed=seed)
        sown = list(sowing.Sower(options))
        path = self.folder / "sown.csv"
        sowing.write(path, options, sown)
        return path, sown

    def expect_refused(self, done, code, *words):
        """The exit code, all words in the message, and not a word of a program's inside."""
        self.assertEqual(done.returncode, code, done.stderr)
        for word in words:
            self.assertIn(word.lower(), done.stderr.lower())
        for inside in ("terminate called", "exception", "INVALID_ARGUMENT", "/services/", "abort"):
            self.assertNotIn(inside, done.stderr)
        self.assertTrue(done.stderr.strip())

    def expect_nothing_done(self):
        if self.program.data_dir.exists():
            self.assertEqual(self.program.imports(), [])
            self.assertEqual(self.program.records(), [])

    def refuse(self, path, code, *words, options=()):
        done = self.program.run("import", path, "--yes", *options)
        self.expect_refused(done, code, *words)
        self.expect_nothing_done()
