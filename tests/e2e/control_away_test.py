"""Verbs that ask a control which is away say so, and do not wait for ever."""

import subprocess
import unittest

from e2e.program import ImportTest, Program

UNREACHABLE = 4


class ControlAway(ImportTest):
    def test_every_verb_names_whom_it_could_not_reach(self):
        path, _ = self.sow("a.csv", rows=10, seed=1)
        verbs = (("import", path, "--yes"), ("imports", "list"), ("imports", "show", "last"),
                 ("imports", "watch", "last"), ("rows", "last"))
        # At once: an import waits for a minute, the others for seconds.
        running = []
        for number, verb in enumerate(verbs):
            program = Program(self.folder / f"data-{number}", SLUICE_SERVER="127.0.0.1:1")
            process = program.start(*verb, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                    text=True)
            self.addCleanup(process.communicate)
            self.addCleanup(process.kill)
            running.append((verb, process))
        for verb, process in running:
            with self.subTest(verb=verb):
                _, err = process.communicate(timeout=300)
                self.assertEqual(process.returncode, UNREACHABLE, err)
                self.assertIn("127.0.0.1:1", err)


if __name__ == "__main__":
    unittest.main()
