"""The sample of the quickstart: what its generator promises, and that it imports without a hold."""

import importlib.util
import tempfile
import unittest

from e2e.program import SOURCE, ImportTest, Program

SAMPLE = SOURCE / "deploy" / "sample" / "customers.csv"
ROWS = SAMPLE.read_bytes().count(b"\r\n") - 1


def generator():
    spec = importlib.util.spec_from_file_location("make_sample",
                                                  SAMPLE.with_name("make_sample.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Generated(unittest.TestCase):
    def test_the_committed_file_is_what_the_generator_writes(self):
        with tempfile.NamedTemporaryFile() as file:
            generator().write_sample(file.name)
            self.assertEqual(file.read(), SAMPLE.read_bytes())
        self.assertGreater(ROWS, 400)


class Sample(ImportTest):
    def test_no_row_is_rejected_or_needs_review_and_again_changes_nothing(self):
        program = Program(self.folder / "data")
        code, first = program.import_file(SAMPLE)
        self.assertEqual((code, first["rows"]), (0, ROWS))
        self.assertEqual((first["rejected"], first["review"]), (0, 0))
        self.assertGreater(first["skipped"], 20)
        for issue in ("trimmed", "width_folded", "phone_formatted", "email_normalized",
                      "placeholder_removed", "invalid_phone", "invalid_email"):
            self.assertGreater(first["issue_counts"].get(issue, 0), 3, issue)
        code, second = program.import_file(SAMPLE)
        self.assertEqual((code, second["added"], second["updated"]), (0, 0, 0))
        self.assertEqual(second["unchanged"], first["added"])
        self.assertEqual(len(program.records()), first["added"])


if __name__ == "__main__":
    unittest.main()
